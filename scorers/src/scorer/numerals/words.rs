//! Numbers written in English words: `twenty-one`, `two hundred and five`.

use std::ops::Range;

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
    /// Thousand, million, and so on.
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
        "billion" => Some(Word::Scale(1e9)),
        "trillion" => Some(Word::Scale(1e12)),
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
    /// Whole thousands, millions and so on.
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

/// Numbers written in words, with the place of each. `text` is in lower case.
pub(super) fn number_words(text: &str) -> Vec<(Range<usize>, f64)> {
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
        found.extend(open.take().map(|numeral| (numeral.start..numeral.end, numeral.value())));
        let mut numeral = Numeral::begin(start);
        // "A hundred" and "a thousand" count as one of them.
        if matches!(kind, Word::Hundred | Word::Scale(_)) {
            numeral.below = 1.0;
        }
        numeral.add(kind, end);
        open = Some(numeral);
    }
    found.extend(open.map(|numeral| (numeral.start..numeral.end, numeral.value())));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<f64> {
        number_words(text).into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn words_build_on_each_other() {
        assert_eq!(values("seven eight twenty-one"), [7.0, 8.0, 21.0]);
        assert_eq!(values("two hundred and five thousand and twelve"), [205_012.0]);
        assert_eq!(values("a hundred, three million two hundred thousand"), [100.0, 3_200_000.0]);
        assert_eq!(values("one billion and two"), [1_000_000_002.0]);
        assert_eq!(values("nineteen five, seven and eight"), [19.0, 5.0, 7.0, 8.0]);
        assert_eq!(values("someone often weighs"), Vec::<f64>::new());
    }
}
