//! Numbers in text: the one place that reads figures, whatever stands around them.
//!
//! The notation is English (`1,234.5`); where that leaves no sense, the groups of other countries are read too
//! (`1 234 567`, `1'234`, `1,00,000`, `1.234,5`). Digits may be those of any script. A fraction and a power are one number
//! (`3/4`, `1 ½`, `10²`, `1.5 × 10³`), a figure before a scale word as well (`2 million`).

mod figure;
mod words;

use super::markup;
use super::places::spaced;
use super::typed::typed;
use figure::{figure, run};
use std::ops::Range;
use words::number_words;

/// Every number in a text, in order. Figures may carry a sign, a currency sign and a percent sign, which does not divide by
/// 100; a figure that continues a word (`B12`) is none. With `words`, number words count too.
pub(super) fn numbers(text: &str, words: bool) -> Vec<f64> {
    let text = joined_groups(&markup::visible(text));
    let mut found = figures(&text);
    if words {
        // Nothing of a figure ("2 million") is read a second time.
        let mut rest = text.clone().into_bytes();
        for (place, _) in &found {
            rest[place.clone()].fill(b'#');
        }
        let rest = String::from_utf8_lossy(&rest);
        let worded = number_words(&rest).into_iter();
        found.extend(worded.map(|(place, number)| (place.clone(), signed(&text[..place.start], number))));
        found.sort_by_key(|(place, _)| place.start);
    }
    found.into_iter().map(|(_, number)| number).collect()
}

/// Spaces that keep the groups of a number together; their typewriter's form is a plain space, which may part two numbers.
const NARROW: [char; 8] =
    ['\u{A0}', '\u{2006}', '\u{2007}', '\u{2008}', '\u{2009}', '\u{200A}', '\u{202F}', '\u{205F}'];

/// The typewriter's form of a text in small letters, in which the groups of a number that narrow spaces keep together are
/// kept together by apostrophes.
fn joined_groups(text: &str) -> String {
    const JOINT: char = '\u{2063}';
    let text = typed(&text.replace(NARROW, "\u{2063}")).to_lowercase();
    if !text.contains(JOINT) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(JOINT) {
        out.push_str(before);
        let joins = out.ends_with(|letter: char| letter.is_ascii_digit()) && run(after.as_bytes(), 0) == 3;
        out.push(if joins { '\'' } else { ' ' });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Every figure with its place. `text` is in its typewriter's form and in small letters.
fn figures(text: &str) -> Vec<(Range<usize>, f64)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(|letter: char| letter.is_ascii_digit()) {
        let digit = at + offset;
        let start = if leading_point(&text[at..digit]) { digit - 1 } else { digit };
        let (end, value) = figure(text, start);
        at = end;
        // What is left of `1.2.3` is no number.
        while bytes.get(at) == Some(&b'.') && run(bytes, at + 1) > 0 {
            at += 1 + run(bytes, at + 1);
        }
        let before = &text[..start];
        let value = value.filter(|_| !continues(before)).map(|value| signed(before, value));
        found.extend(value.filter(|value| value.is_finite()).map(|value| (start..end, value)));
    }
    found
}

/// Whether a text ends in the point of `.5`, and not in that of `No.5`.
fn leading_point(before: &str) -> bool {
    before
        .strip_suffix('.')
        .is_some_and(|rest| !rest.ends_with(|letter: char| letter.is_alphanumeric() || letter == '.'))
}

/// Whether a figure after this text continues a word, or is the exponent of what is no figure.
fn continues(before: &str) -> bool {
    let before = before
        .strip_suffix("^-")
        .or(before.strip_suffix("^+"))
        .map_or(before, |rest| &before[..rest.len() + 1]);
    before.chars().next_back().is_some_and(|letter| spaced(letter) || letter == '_' || letter == '^')
}

/// A number with the sign that stands before it.
fn signed(before: &str, size: f64) -> f64 {
    let before = before.trim_end_matches(CURRENCIES);
    let dashed = before.strip_suffix(['-', '–', '‒']).is_some_and(starts_here);
    let word = |word| {
        let rest = before.strip_suffix(' ')?.strip_suffix(word)?;
        (!rest.ends_with(char::is_alphanumeric)).then_some(rest)
    };
    // "5 minus 3" is an operation.
    let minus =
        word("minus").is_some_and(|rest| !rest.trim_end().ends_with(|letter: char| letter.is_ascii_digit()));
    if dashed || minus || word("negative").is_some() { -size } else { size }
}

const CURRENCIES: [char; 12] = ['$', '€', '£', '¥', '₹', '₩', '₽', '₺', '฿', '₫', '₱', '¢'];

/// Whether a minus sign after this text is a sign rather than a dash: `3-5` is a range.
fn starts_here(before: &str) -> bool {
    let opening = |letter: char| {
        letter.is_whitespace() || "([{=:,;\"'<>~≈×*·|/「（".contains(letter) || CURRENCIES.contains(&letter)
    };
    let mut signs = before.chars().rev();
    match signs.next() {
        // No space parts a letter of Chinese or Korean from a figure: 答案是-1, but 3月-5月.
        Some(letter) if letter.is_alphabetic() => {
            !spaced(letter) && !signs.next().is_some_and(|sign| sign.is_ascii_digit())
        }
        sign => sign.is_none_or(opening),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Asserts the numbers of texts, written with spaces between.
    fn assert_read(words: bool, examples: &[(&str, &[f64])]) {
        for (text, expected) in examples {
            assert_eq!(numbers(text, words), *expected, "{text}");
        }
    }

    #[test]
    fn figures_in_english_notation() {
        assert_read(
            false,
            &[
                ("It costs $1,234.50, or 5% less: -3. Not B12, nor 7pm", &[1234.5, 5.0, -3.0, 7.0]),
                ("−5 and -$5 and $-5 but 3-5", &[-5.0, -5.0, -5.0, 3.0, 5.0]),
                ("1.2.3 .5 2e3 ２", &[1.2, 0.5, 2000.0, 2.0]),
                ("1,2,3 and 12,34", &[1.0, 2.0, 3.0, 12.0, 34.0]),
                ("1,2345 and 1,234,5", &[1.0, 2345.0, 1234.0, 5.0]),
                ("the answer is 42.", &[42.0]),
                ("1e999 seven 0x1f No.5", &[5.0]),
                ("- 7\n- 8", &[7.0, 8.0]),
            ],
        );
    }

    #[test]
    fn marks_and_signs_around_a_figure_do_not_matter() {
        assert_read(
            false,
            &[
                ("**17** __17__ _17_ `17` (17) [17]! \"17\" 「17」", &[17.0; 8]),
                (r"\boxed{17} $17$ \$17 \text{17} \(17\) \textbf{17}%", &[17.0; 6]),
                ("答えは17です。정답은17입니다", &[17.0, 17.0]),
                ("It is –9, ‒9, x=–9 or (–9), but 3–9 and -", &[-9.0, -9.0, -9.0, -9.0, 3.0, 9.0]),
                ("minus 9, negative 9, 12 minus 9", &[-9.0, -9.0, 12.0, 9.0]),
                ("١٢٫٥ and ४२ and ㉓", &[12.5, 42.0, 23.0]),
            ],
        );
    }

    #[test]
    fn groups_of_other_countries() {
        assert_read(
            false,
            &[
                ("12\u{202F}500", &[12_500.0]),
                ("12\u{2009}500\u{2009}250.5", &[12_500_250.5]),
                ("12\u{A0}500 and 12\u{A0}apples", &[12_500.0, 12.0]),
                ("12'500 and 12’500", &[12_500.0, 12_500.0]),
                ("3 000 or 1 250 600", &[3000.0, 1_250_600.0]),
                ("in 12 500 ways; 100 200 300", &[12.0, 500.0, 100.0, 200.0, 300.0]),
                ("1,00,000", &[100_000.0]),
                ("1.234,5 and 1.234.567 and 1.234", &[1234.5, 1_234_567.0, 1.234]),
                ("12_500", &[12_500.0]),
                (r"12{,}500 and 12\,500", &[12_500.0, 12_500.0]),
            ],
        );
    }

    #[test]
    fn fractions_and_powers_are_one_number() {
        assert_read(
            false,
            &[
                ("2½ cups, ¼ of it, 2 ¾, ⅛", &[2.5, 0.25, 2.75, 0.125]),
                ("5/8 or 1 5/8 or 1 and 5/8", &[0.625, 1.625, 1.625]),
                ("5⁄8 ⁵⁄₈ -1½ 9/4", &[0.625, 0.625, -1.5, 2.25]),
                (r"\frac{5}{8} and 1\frac{5}{8}", &[0.625, 1.625]),
                ("on 3/4/2024, open 24/7, 5/0", &[3.0, 4.0, 2024.0, 5.0, 0.0]),
                ("10² m², 7 m², x² = 9, 5^-1, 2^(3)", &[100.0, 7.0, 9.0, 0.2, 8.0]),
                ("1.5 × 10³, 2x10^-2, 6.02e23", &[1500.0, 0.02, 6.02e23]),
                (r"10<sup>2</sup>, 10^{2}", &[100.0, 100.0]),
                ("17¹ and 9⁹⁹⁹⁹ and 10²³", &[17.0, 1e23]),
                ("2 million, 3.5 hundred thousand, 5 millions", &[2e6, 3.5e5, 5.0]),
            ],
        );
    }

    #[test]
    fn number_words_are_read_on_demand() {
        assert_read(
            true,
            &[
                ("Seven or 8, nineteen five, seven and eight", &[7.0, 8.0, 19.0, 5.0, 7.0, 8.0]),
                ("2 million and two, minus seven", &[2e6, 2.0, -7.0]),
                ("someone often weighs", &[]),
            ],
        );
        assert_eq!(numbers("seven", false), Vec::<f64>::new());
    }

    proptest! {
        #[test]
        fn a_number_reads_back_as_written(value in -1_000_000_i32..1_000_000, before in "(It is |答案是|x = |\\(|\\*\\*)?", after in "(\\.|,| kg|!|です|%)?") {
            prop_assert_eq!(numbers(&format!("{before}{value}{after}"), false), vec![f64::from(value)]);
        }

        #[test]
        fn every_number_is_finite(text in "[0-9.,'/^e×x% ½²_–-]{0,30}") {
            prop_assert!(numbers(&text, true).iter().all(|number| number.is_finite()));
        }
    }

    #[test]
    fn a_text_without_a_space_takes_no_long_time() {
        for piece in ["7", "7.", "7,777", "1/", "^7", "½", "²", "-", "7e", "seven", " 000"] {
            let _ = numbers(&piece.repeat(20_000), true);
        }
    }
}
