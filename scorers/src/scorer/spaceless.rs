//! Whether a text stands as a word of its own in a script that puts nothing between words.
//!
//! A dictionary would tell best (UAX #29 leaves these scripts to one), but weighs megabytes. The rules here look at the
//! neighbours and would rather miss a word than find one inside of another (`猫` in `熊猫`, `หมา` in `หมายถึง`):
//!
//! - A word may begin and end where the kind of letter changes, as between ideographs and kana.
//! - Between ideographs: two or more stand for themselves; a single one needs a grammatical word, or itself again, beside it.
//! - Between hiragana: particles and the copula part words. A run of katakana is one word.
//! - In Thai and Lao: where a syllable can end. In Khmer and Burmese: everywhere.

use regex::Regex;
use std::sync::LazyLock;

/// Kinds of letters of scripts without spaces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ideograph,
    Hiragana,
    Katakana,
    Thai,
    Other,
}

fn kind(letter: char) -> Kind {
    match letter {
        // The mark of a long vowel belongs to what stands before it.
        '\u{3041}'..='\u{309F}' => Kind::Hiragana,
        '\u{30A0}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' => Kind::Katakana,
        '\u{0E00}'..='\u{0EFF}' => Kind::Thai,
        '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' => Kind::Other,
        _ => Kind::Ideograph,
    }
}

/// Ideographs of Chinese grammar that may stand before a noun: verbs, pronouns, numerals, counters, particles.
const BEFORE: &str = "是为為叫有想猜选選养養要看到说說就也都很这這那只隻个個匹条條头頭种種位名一两兩三四五几幾我你他她它们們的了在和与與或跟及把被对對不没沒非给給像喜欢歡爱愛案答指即";

/// Ideographs of Chinese grammar that may stand after a noun.
const AFTER: &str =
    "是的了在和与與或跟及吗嗎呢吧啊呀嘛哦也都就很不没沒有会會能可被把对對才而但还還因所啦最更比";

static PARTICLE_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    constant("(?:は|が|を|に|で|と|も|の|や|へ|から|まで|より|って|この|その|あの|たぶん|きっと)$")
});
static PARTICLE_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        "^(?:です|だ|でし|では|じゃ|は|が|を|に|で|と|も|の|や|か|ね|よ|なら|って|みたい|らしい|さん|ちゃん|くん|という|から|まで|より|など|ばかり|だけ)",
    )
});

fn constant(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

/// Whether `word` can begin after `before`. Both are of scripts without spaces there.
pub(super) fn begins(before: &str, word: &str) -> bool {
    let (Some(last), Some(first)) = (before.chars().next_back(), word.chars().next()) else { return true };
    match (kind(last), kind(first)) {
        (Kind::Ideograph, Kind::Ideograph) => {
            BEFORE.contains(last) || stands_alone(word) || before.ends_with(word)
        }
        (Kind::Hiragana, Kind::Hiragana) => PARTICLE_BEFORE.is_match(tail(before)),
        (Kind::Katakana, Kind::Katakana) => false,
        // A vowel that is written before its consonant belongs to what follows.
        (Kind::Thai, Kind::Thai) => !leads(last),
        _ => true,
    }
}

/// Whether `word` can end before `after`. Both are of scripts without spaces there.
pub(super) fn ends(word: &str, after: &str) -> bool {
    let (Some(last), Some(first)) = (word.chars().next_back(), after.chars().next()) else { return true };
    match (kind(last), kind(first)) {
        (Kind::Ideograph, Kind::Ideograph) => {
            AFTER.contains(first) || stands_alone(word) || after.starts_with(word)
        }
        // Verbs and adjectives end in hiragana: after an ideograph only particles end a noun.
        (Kind::Ideograph | Kind::Hiragana, Kind::Hiragana) => PARTICLE_AFTER.is_match(after),
        (Kind::Katakana, Kind::Katakana) => false,
        (Kind::Thai, Kind::Thai) => syllable_ends(last, after),
        _ => true,
    }
}

/// Whether a text of ideographs is long enough not to be a part of other words by chance.
fn stands_alone(word: &str) -> bool {
    word.chars().count() >= 2
}

fn tail(text: &str) -> &str {
    const ENOUGH: usize = 4;
    text.char_indices().rev().take(ENOUGH).last().map_or(text, |(start, _)| &text[start..])
}

/// Vowels of Thai and Lao that are written before their consonant.
fn leads(letter: char) -> bool {
    matches!(letter, '\u{0E40}'..='\u{0E44}' | '\u{0EC0}'..='\u{0EC4}')
}

fn consonant(letter: char) -> bool {
    matches!(letter, '\u{0E01}'..='\u{0E2E}' | '\u{0E81}'..='\u{0EAE}')
}

/// Whether a syllable of Thai or Lao that ends in `last` can end before `after`.
fn syllable_ends(last: char, after: &str) -> bool {
    let mut letters = after.chars();
    let (first, second) = (letters.next().unwrap_or(' '), letters.next().unwrap_or(' '));
    if !consonant(first) {
        // A vowel after its consonant goes on with the syllable.
        return leads(first) || matches!(first, 'ๆ' | 'ฯ' | '\u{0E50}'..='\u{0E59}');
    }
    // After an open syllable, a consonant without a vowel of its own closes it: หมา goes on in หมาย.
    let open = !consonant(last);
    let own_vowel = !consonant(second) && second != ' ' && !leads(second);
    let cluster = "รลวยมนง".contains(second)
        && "กขคตปพผหทสอ".contains(first)
        && letters.next().is_some_and(|third| !consonant(third) && !leads(third));
    !open || own_vowel || cluster
}
