//! What a typewriter would write for a sign: Unicode's compatibility form (NFKC, UAX #15), where that form does not change
//! what a reader sees.
//!
//! NFKC runs signs into what stands before them: `3½` becomes `31⁄2` and `10²` becomes `102`. So a fraction is set apart
//! (`3 1/2`), a power gets its mark (`10^2`), and a number in a circle its space. Digits of every script become those of
//! ASCII, and signs that cannot be seen are left out.

use regex::Regex;
use std::iter::Peekable;
use std::str::Chars;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// The typewriter's form of a text.
pub(super) fn typed(text: &str) -> String {
    let mut set_apart = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{2044}' | '\u{2215}' => set_apart.push('/'),
            '\u{066A}' => set_apart.push('%'),
            '\u{066B}' => set_apart.push('.'),
            '\u{066C}' => set_apart.push(','),
            '№' => set_apart.push_str("No."),
            // The sign of a key (4️⃣) and how a picture is drawn.
            '\u{20E3}' | '\u{FE0E}' | '\u{FE0F}' => {}
            '\u{1F150}'..='\u{1F169}' => set_apart.extend(boxed(letter, 0x1F150)),
            '\u{1F170}'..='\u{1F189}' => set_apart.extend(boxed(letter, 0x1F170)),
            _ if raised(letter).is_some() => raise(letter, &mut letters, &mut set_apart),
            _ if !letter.is_ascii() && letter.is_numeric() => number_sign(letter, &letters, &mut set_apart),
            _ => set_apart.push(letter),
        }
    }
    set_apart.nfkc().filter_map(typewriter).collect()
}

/// The letter on a dark ground (🅰), which has no compatibility form.
fn boxed(letter: char, first: u32) -> Option<char> {
    char::from_u32('A' as u32 + (letter as u32 - first))
}

/// A number that is one sign: a digit of another script, a fraction, a number in a circle.
fn number_sign(letter: char, rest: &Peekable<Chars<'_>>, text: &mut String) {
    if let Some(digit) = digit(letter) {
        text.push(digit);
        return;
    }
    let sign: String =
        std::iter::once(letter).nfkc().map(|part| if part == '\u{2044}' { '/' } else { part }).collect();
    let ends_in_digit = |text: &str| text.ends_with(|before: char| before.is_ascii_digit());
    if ends_in_digit(text) && sign.starts_with(|first: char| first.is_ascii_digit()) && !lowered(letter) {
        text.push(' ');
    }
    text.push_str(&sign);
    let digit_follows =
        || rest.clone().next().is_some_and(|next| next.is_ascii_digit() || digit(next).is_some());
    if ends_in_digit(&sign) && !lowered(letter) && digit_follows() {
        text.push(' ');
    }
}

/// A run of raised digits: the upper half of a fraction where a stroke follows, else a power (or a note, which looks alike).
fn raise(first: char, letters: &mut Peekable<Chars<'_>>, text: &mut String) {
    let mut run: String = raised(first).into_iter().collect();
    while let Some(next) = letters.peek().copied().and_then(raised) {
        run.push(next);
        letters.next();
    }
    let halved = matches!(letters.peek(), Some('\u{2044}' | '\u{2215}' | '/'));
    if !halved {
        text.push('^');
    } else if text.ends_with(|before: char| before.is_ascii_digit()) {
        text.push(' ');
    }
    text.push_str(&run);
}

/// A raised digit or sign in its plain form.
fn raised(letter: char) -> Option<char> {
    Some(match letter {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴'..='⁹' => char::from_digit(letter as u32 - 0x2070, 10)?,
        '⁺' => '+',
        '⁻' => '-',
        _ => return None,
    })
}

fn lowered(letter: char) -> bool {
    matches!(letter, '₀'..='₉')
}

static DECIMAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").expect("a constant pattern"));

/// The ASCII form of a decimal digit of any script. Unicode keeps the ten digits of a script in a row, and such rows
/// adjoin only as a whole, so the value is the distance from the beginning.
fn digit(letter: char) -> Option<char> {
    let decimal = |code: u32| {
        char::from_u32(code).is_some_and(|letter| DECIMAL.is_match(letter.encode_utf8(&mut [0; 4])))
    };
    if !decimal(letter as u32) {
        return None;
    }
    let before = (1..=letter as u32).take_while(|back| decimal(letter as u32 - back)).count();
    char::from_digit((before % 10) as u32, 10)
}

/// The typewriter's form of a typographic sign; nothing for a sign that cannot be seen.
fn typewriter(letter: char) -> Option<char> {
    match letter {
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{2032}' => Some('\''),
        '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{201F}' | '\u{2033}' => Some('"'),
        '\u{2010}' | '\u{2011}' | '\u{2212}' => Some('-'),
        '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{00AD}' => None,
        // Marks of the direction of writing.
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn signs_stay_what_a_reader_sees() {
        for (written, expected) in [
            ("2½ and ⅔", "2 1/2 and 2/3"),
            ("1²⁄₃ or ⅟₈", "1 2/3 or 1/8"),
            ("7⁄8", "7/8"),
            ("10² m², 10⁻³", "10^2 m^2, 10^-3"),
            ("H₂O", "H2O"),
            ("12③", "12 3"),
            ("Ⅳ 🅱 №7 4️⃣2️⃣", "IV B No.7 42"),
            ("١٢٫٥٪ ४२ ７", "12.5% 42 7"),
            ("𝟗", "9"),
            ("ﬁne “don’t”", "fine \"don't\""),
            ("a\u{200F}b\u{00AD}c", "abc"),
        ] {
            assert_eq!(typed(written), expected, "{written}");
        }
    }

    #[test]
    fn every_script_counts_from_nought() {
        // The first digits of some rows of Unicode's table of decimal digits.
        for zero in
            ['\u{0660}', '\u{06F0}', '\u{0966}', '\u{0E50}', '\u{1040}', '\u{1090}', '\u{FF10}', '\u{1FBF0}']
        {
            let row: String = (0..10).filter_map(|value| char::from_u32(zero as u32 + value)).collect();
            assert_eq!(typed(&row), "0123456789", "{zero:?}");
        }
    }

    proptest! {
        #[test]
        fn typing_twice_changes_nothing(text in any::<String>()) {
            let once = typed(&text);
            prop_assert_eq!(typed(&once), once);
        }

        #[test]
        fn plain_text_stays(text in "[\\x00-\\x7F]{0,40}") {
            prop_assert_eq!(typed(&text), text);
        }
    }
}
