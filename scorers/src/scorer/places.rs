//! Where a text stands in another as whole words, in every script.
//!
//! - Where words are spaced, a word begins and ends where no letter, digit or mark continues it; a number is not continued
//!   by another (`7` is not in `7.5` or `1,007`), nor a name by its underscores (`snake_case`).
//! - Chinese, Japanese, Thai, Lao, Khmer and Burmese write no spaces: [`super::spaceless`] tells by its neighbours whether a
//!   text stands there as a word.
//! - In Korean, particles and the copula are written to the noun: what follows a noun may be a row of them.

use super::spaceless;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;
use unicode_normalization::char::is_combining_mark;

/// Every place in `text` where `needle` stands as whole words, both folded alike. An empty needle has none.
pub(super) fn whole_words(text: &str, needle: &str) -> Vec<Range<usize>> {
    let (Some(first), Some(last)) = (needle.chars().next(), needle.chars().next_back()) else {
        return Vec::new();
    };
    text.match_indices(needle)
        .map(|(start, found)| start..start + found.len())
        .filter(|place| begins(text, place, first) && ends(text, place, last))
        .collect()
}

/// Whether a word that begins with this letter can begin here.
fn begins(text: &str, place: &Range<usize>, first: char) -> bool {
    let before = &text[..place.start];
    let Some(last) = before.chars().next_back() else { return true };
    if first.is_ascii_digit() && CONTINUED.is_match(tail(before)) {
        return false;
    }
    if last == '_' {
        let beyond = || before.trim_end_matches('_').chars().next_back();
        return !(wordy(first) && beyond().is_some_and(|letter| joined(letter, first)));
    }
    match (script(last), script(first)) {
        (Some(Script::Spaceless), Some(Script::Spaceless)) => spaceless::begins(before, &text[place.clone()]),
        _ => !joined(last, first),
    }
}

/// Whether a word that ends with this letter can end here.
fn ends(text: &str, place: &Range<usize>, last: char) -> bool {
    let after = &text[place.end..];
    let Some(first) = after.chars().next() else { return true };
    if is_combining_mark(first) {
        return false;
    }
    if last.is_ascii_digit() && CONTINUES.is_match(after) {
        return false;
    }
    if first == '_' {
        let beyond = || after.trim_start_matches('_').chars().next();
        return !(wordy(last) && beyond().is_some_and(|letter| joined(last, letter)));
    }
    match (script(last), script(first)) {
        (Some(Script::Spaceless), Some(Script::Spaceless)) => spaceless::ends(&text[place.clone()], after),
        (Some(Script::Hangul), Some(Script::Hangul)) => {
            let rest = after.chars().take_while(|letter| script(*letter) == Some(Script::Hangul));
            PARTICLES.is_match(&rest.take(LONGEST_PARTICLES + 1).collect::<String>())
        }
        _ => !joined(last, first),
    }
}

/// The last few characters of a text: enough to see the number before a place.
fn tail(text: &str) -> &str {
    const ENOUGH: usize = 3;
    text.char_indices().rev().take(ENOUGH).last().map_or(text, |(start, _)| &text[start..])
}

/// What makes the digit that follows part of a longer number, or of a negative one.
static CONTINUED: LazyLock<Regex> = LazyLock::new(|| constant(r"[0-9][.,/^']$|\^$|(?:^|[\s(\[{=:,;])[-–]$"));

/// What makes the digit before it part of a longer number.
static CONTINUES: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^(?:\.[0-9]|[,'][0-9]{3}(?:[^0-9]|$)|[/^]-?[0-9])"));

/// Syllables that particles in a row come to at most.
const LONGEST_PARTICLES: usize = 12;

/// Particles and forms of the copula that Korean writes to a noun, one or more in a row.
static PARTICLES: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        "^(?:은|는|이|가|을|를|의|에|에서|에게|에게서|와|과|도|만|로|으로|부터|까지|처럼|보다|마저|조차|밖에|한테|께|께서|이나|나|이랑|랑|하고|라고|이라고|라는|이라는|라면|이라면|든지|이든지|요|이요|예요|이에요|에요|야|이야|다|이다|입니다|입니까|이었습니다|였습니다|이었어요|였어요|이었다|였다|인|인데|인데요|인가요|일까요|이고|고|이며|며|이지만|지만|이죠|죠|이지|지|네요|이네요|군요|이군요|같아요|같습니다|같은|이라서|라서|이니까|니까|뿐)+$",
    )
});

fn constant(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

/// How a script tells words apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    /// By spaces.
    Spaced,
    /// By spaces, with particles written to the word.
    Hangul,
    /// Not at all.
    Spaceless,
}

/// The script of a letter or digit; none for any other sign.
fn script(letter: char) -> Option<Script> {
    match letter {
        '\u{1100}'..='\u{11FF}'
        | '\u{3130}'..='\u{318F}'
        | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}' => Some(Script::Hangul),
        // Thai and Lao, Burmese, Khmer; kana; ideographs.
        '\u{0E00}'..='\u{0EFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{3040}'..='\u{30FF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}' => Some(Script::Spaceless),
        _ if wordy(letter) => Some(Script::Spaced),
        _ => None,
    }
}

/// Whether a letter or digit belongs to a script that spaces its words.
pub(super) fn spaced(letter: char) -> bool {
    script(letter) == Some(Script::Spaced)
}

fn wordy(letter: char) -> bool {
    letter.is_alphanumeric() || is_combining_mark(letter)
}

/// Whether two neighbours belong to one word: both of one kind of script.
fn joined(left: char, right: char) -> bool {
    matches!((script(left), script(right)), (Some(left), Some(right)) if left == right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stands(text: &str, needle: &str) -> bool {
        !whole_words(text, needle).is_empty()
    }

    #[test]
    fn whole_words_do_not_continue() {
        assert_eq!(whole_words("a cat, a catalogue, the cat", "cat"), vec![2..5, 24..27]);
        assert_eq!(whole_words("c++ and c", "c++"), vec![0..3]);
        assert_eq!(whole_words("anything", ""), Vec::<Range<usize>>::new());
        assert!(!stands("an élan", "lan"));
        assert!(stands("it is _b_.", "b") && stands("__b", "b") && !stands("a_b", "b"));
    }

    #[test]
    fn numbers_do_not_continue() {
        for (text, there) in [
            ("at 7.", true),
            ("7, 8 or 9", true),
            ("(7)", true),
            ("3-7", true),
            ("7匹です", true),
            ("7.5", false),
            ("7,500", false),
            ("1.7", false),
            ("1,007", false),
            ("7/8", false),
            ("1/7", false),
            ("it is -7", false),
            ("10^7", false),
            ("17", false),
        ] {
            assert_eq!(stands(text, "7"), there, "{text}");
        }
    }

    #[test]
    fn words_are_found_where_nothing_is_written_between_them() {
        for (text, word) in [
            ("我觉得答案是狗。", "狗"),
            ("それは馬だと思います。", "馬"),
            ("答えはりんごです", "りんご"),
            ("ผมคิดว่าหมาน่ารัก", "หมา"),
            ("ຂ້ອຍມັກແມວ", "ແມວ"),
            ("ខ្ញុំចូលចិត្តឆ្មា", "ឆ្មា"),
            ("정답은 사과입니다.", "사과"),
            ("사과요", "사과"),
            ("강아지에게는 없습니다", "강아지"),
            ("答案是B。", "b"),
            ("iphoneを使う", "iphone"),
            ("3番です", "3"),
        ] {
            assert!(stands(&text.to_lowercase(), word), "{word} in {text}");
        }
    }

    #[test]
    fn a_part_of_a_longer_word_is_not_found() {
        for (text, word) in [
            ("我喜欢大熊猫。", "猫"),
            ("马上就来。", "马"),
            ("หมายถึงอะไร", "หมา"),
            ("개구리입니다.", "개"),
            ("집고양이입니다.", "고양이"),
        ] {
            assert!(!stands(text, word), "{word} in {text}");
        }
    }

    proptest! {
        #[test]
        fn places_are_inside_the_text(haystack in "[\\PC猫ก가]{0,40}", needle in "[\\PC猫ก가]{1,3}") {
            for place in whole_words(&haystack, &needle) {
                prop_assert_eq!(&haystack[place], &needle);
            }
        }
    }

    #[test]
    fn a_text_without_a_space_takes_no_long_time() {
        for letter in ["猫", "ก", "가", "7", "_", "a"] {
            let text = letter.repeat(100_000);
            assert!(!whole_words(&text, "x").iter().any(|_| true));
            let _ = whole_words(&text, letter);
        }
    }
}
