//! Numbers in English text: figures, and number words.

use super::text::fold;
use regex::Regex;
use std::sync::LazyLock;

/// Figures in English notation, without sign: `1,234.5`, `.5`, `2e6`.
static FIGURES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3}\b)?|\.[0-9]+")
        .expect("a constant pattern")
});

/// Every number in a text, in order. Figures may carry a sign, a currency sign and a percent sign,
/// which does not divide by 100; a figure that continues a word (`B12`) is none. With `words`,
/// number words up to the millions count too.
pub(super) fn numbers(text: &str, words: bool) -> Vec<f64> {
    let text = fold(text, &[]).to_lowercase();
    let mut found: Vec<(usize, f64)> = FIGURES
        .find_iter(&text)
        .filter_map(|figure| Some((figure.start(), signed(&text[..figure.start()], figure.as_str())?)))
        .collect();
    if words {
        found.extend(number_words(&text));
        found.sort_by_key(|(start, _)| *start);
    }
    found.into_iter().map(|(_, number)| number).collect()
}

/// The value of a figure given the text before it; none when it continues a word or a number.
fn signed(before: &str, figure: &str) -> Option<f64> {
    let last = before.chars().next_back();
    let continues_number = figure.starts_with('.') && last.is_some_and(|letter| letter.is_ascii_digit());
    if continues_number || last.is_some_and(|letter| letter.is_alphabetic() || letter == '_') {
        return None;
    }
    let size: f64 = figure.replace(',', "").parse().ok()?;
    let negative = before.trim_end_matches(CURRENCIES).strip_suffix('-').is_some_and(starts_here);
    let number = if negative { -size } else { size };
    number.is_finite().then_some(number)
}

const CURRENCIES: [char; 4] = ['$', '€', '£', '¥'];

/// Whether a minus sign after this text is a sign rather than a dash: `3-5` is a range.
fn starts_here(before: &str) -> bool {
    let opening =
        |letter: char| letter.is_whitespace() || "([{=:,;\"".contains(letter) || CURRENCIES.contains(&letter);
    before.chars().next_back().is_none_or(opening)
}

/// How a number word builds on the words before it.
#[derive(Clone, Copy)]
enum Word {
    /// One to nine, or zero.
    Unit(f64),
    /// Ten to nineteen.
    Teen(f64),
    /// Twenty, thirty, ...
    Ten(f64),
    Hundred,
    /// Thousand, million.
    Scale(f64),
}

fn number_word(word: &str) -> Option<Word> {
    const UNITS: [&str; 10] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    const TEENS: [&str; 10] = [
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let position = |list: &[&str]| list.iter().position(|known| *known == word).map(|index| index as f64);
    match word {
        "hundred" => Some(Word::Hundred),
        "thousand" => Some(Word::Scale(1e3)),
        "million" => Some(Word::Scale(1e6)),
        _ => position(&UNITS)
            .map(Word::Unit)
            .or_else(|| position(&TEENS).map(|index| Word::Teen(10.0 + index)))
            .or_else(|| position(&TENS).map(|index| Word::Ten(20.0 + 10.0 * index))),
    }
}

/// A number in the making.
#[derive(Default)]
struct Numeral {
    start: usize,
    end: usize,
    /// Whole thousands and millions.
    done: f64,
    /// What stands below the next scale.
    below: f64,
    /// The largest number that may still be added directly; 0 before the first word.
    room: f64,
}

impl Numeral {
    fn begin(start: usize) -> Self {
        Self { start, room: 999.0, ..Self::default() }
    }

    /// Adds a word; false when it cannot continue this number.
    fn add(&mut self, word: Word, end: usize) -> bool {
        let fits = match word {
            Word::Unit(value) if self.room >= 9.0 => {
                (self.below, self.room) = (self.below + value, 0.0);
                true
            }
            Word::Teen(value) if self.room >= 99.0 => {
                (self.below, self.room) = (self.below + value, 0.0);
                true
            }
            Word::Ten(value) if self.room >= 99.0 => {
                (self.below, self.room) = (self.below + value, 9.0);
                true
            }
            Word::Hundred if self.below > 0.5 && self.below < 99.5 => {
                (self.below, self.room) = (self.below * 100.0, 99.0);
                true
            }
            Word::Scale(scale) if self.below > 0.5 && (self.done < 0.5 || self.done >= scale * 1e3) => {
                self.done += self.below * scale;
                (self.below, self.room) = (0.0, 999.0);
                true
            }
            _ => false,
        };
        if fits {
            self.end = end;
        }
        fits
    }

    fn value(&self) -> f64 {
        self.done + self.below
    }
}

/// Numbers written in words, with the place where each begins.
fn number_words(text: &str) -> Vec<(usize, f64)> {
    let mut found = Vec::new();
    let mut open: Option<Numeral> = None;
    let words = text
        .split(|letter: char| !letter.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word));
    for (start, word) in words {
        let Some(kind) = number_word(word) else { continue };
        let end = start + word.len();
        let joined = open.as_ref().is_some_and(|numeral| {
            let gap = text[numeral.end..start].trim();
            gap.is_empty() || gap == "-" || (gap == "and" && numeral.room > 98.0)
        });
        if joined && open.as_mut().is_some_and(|numeral| numeral.add(kind, end)) {
            continue;
        }
        found.extend(open.take().map(|numeral| (numeral.start, numeral.value())));
        let mut numeral = Numeral::begin(start);
        // "A hundred" and "a thousand" count as one of them.
        if matches!(kind, Word::Hundred | Word::Scale(_)) {
            numeral.below = 1.0;
        }
        numeral.add(kind, end);
        open = Some(numeral);
    }
    found.extend(open.map(|numeral| (numeral.start, numeral.value())));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_in_english_notation() {
        assert_eq!(
            numbers("It costs $1,234.50, or 5% less: -3. Not B12, nor 7pm", false),
            [1234.5, 5.0, -3.0, 7.0]
        );
        assert_eq!(numbers("−5 and -$5 and $-5 but 3-5", false), [-5.0, -5.0, -5.0, 3.0, 5.0]);
        assert_eq!(numbers("1.2.3 .5 2e3 ２", false), [1.2, 0.5, 2000.0, 2.0]);
        assert_eq!(numbers("1,2,3 and 12,34", false), [1.0, 2.0, 3.0, 12.0, 34.0]);
        assert_eq!(numbers("the answer is 42.", false), [42.0]);
        assert_eq!(numbers("1e999 seven", false), Vec::<f64>::new());
    }

    #[test]
    fn number_words_are_read_on_demand() {
        assert_eq!(numbers("seven eight twenty-one", true), [7.0, 8.0, 21.0]);
        assert_eq!(numbers("two hundred and five thousand and twelve", true), [205_012.0]);
        assert_eq!(numbers("a hundred, three million two hundred thousand", true), [100.0, 3_200_000.0]);
        assert_eq!(
            numbers("Seven or 8, nineteen five, seven and eight", true),
            [7.0, 8.0, 19.0, 5.0, 7.0, 8.0]
        );
        assert_eq!(numbers("someone often weighs", true), Vec::<f64>::new());
    }
}
