//! One figure: its groups and decimals, and what makes it a fraction, a power or a multiple.

use regex::Regex;
use std::sync::LazyLock;

/// How many digits stand from `at` on.
pub(super) fn run(bytes: &[u8], at: usize) -> usize {
    bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Reads the figure that begins at `start`: where it ends, and its value without a sign; none where it is no number.
pub(super) fn figure(text: &str, start: usize) -> (usize, Option<f64>) {
    let bytes = text.as_bytes();
    let (mut end, whole) = decimal(text, start);
    let Ok(mut value) = whole.parse::<f64>() else { return (end, None) };
    // `0x1f`: no number that people read.
    if whole == "0" && bytes.get(end) == Some(&b'x') && bytes.get(end + 1).is_some_and(u8::is_ascii_hexdigit)
    {
        let length = bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        return (end + 1 + length, None);
    }
    let integer = !whole.contains(['.', 'e']);
    if let Some((to, other)) = integer.then(|| quotient(text, end, value)).flatten() {
        return (to, other);
    }
    if let Some((to, part)) = integer.then(|| mixed(text, end)).flatten() {
        (end, value) = (to, value + part);
    } else if let Some(found) = POWER.captures(&text[end..]) {
        end += found[0].len();
        value = found[1].parse().map_or(f64::NAN, |exponent| power(value, exponent));
    }
    if let Some(found) = TIMES.captures(&text[end..]) {
        end += found[0].len();
        value = found[1].parse().map_or(f64::NAN, |exponent: i32| scaled(value, exponent));
    }
    while let Some(found) = SCALE.captures(&text[end..]) {
        end += found[0].trim_end_matches(|letter: char| !letter.is_alphabetic()).len();
        value *= scale(&found[1]);
    }
    (end, Some(value))
}

static POWER: LazyLock<Regex> = LazyLock::new(|| constant(r"^\^\(?([+-]?[0-9]{1,4})\)?"));
static TIMES: LazyLock<Regex> = LazyLock::new(|| constant(r"^ ?[×x*·] ?10\^\(?([+-]?[0-9]{1,3})\)?"));
static SCALE: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^[ -]?(hundred|thousand|million|billion|trillion)(?:[^\p{L}\p{N}_]|$)"));
/// A stroke and what it divides by.
static STROKE: LazyLock<Regex> = LazyLock::new(|| constant(r"^(?: ?/ ?)([0-9]{1,15})"));
/// What may follow a whole number to make it a mixed one.
static MIXED: LazyLock<Regex> = LazyLock::new(|| constant(r"^(?: |  | and )([0-9]{1,9})/([0-9]{1,9})"));

fn constant(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

fn power(base: f64, exponent: i32) -> f64 {
    if (base - 10.0).abs() < f64::EPSILON { scaled(1.0, exponent) } else { base.powi(exponent) }
}

/// A value times a power of ten, as the decimal figure would be read.
fn scaled(value: f64, exponent: i32) -> f64 {
    format!("{value}e{exponent}").parse().unwrap_or(f64::NAN)
}

fn scale(word: &str) -> f64 {
    match word {
        "hundred" => 1e2,
        "thousand" => 1e3,
        "million" => 1e6,
        "billion" => 1e9,
        _ => 1e12,
    }
}

/// The fraction whose upper half ends at `end`, as its end and its value; none where no fraction follows. Dates and paths
/// (`3/4/2024`) are none, and `24/7` and `50/50` are words.
fn quotient(text: &str, end: usize, upper: f64) -> Option<(usize, Option<f64>)> {
    let found = STROKE.captures(&text[end..])?;
    let to = end + found[0].len();
    let before = &text[..end].trim_end_matches(|letter: char| letter.is_ascii_digit());
    let chained = before.ends_with('/') || text[to..].starts_with('/') || run(text.as_bytes(), to) > 0;
    if chained {
        return None;
    }
    let figure = &text[before.len()..to];
    if ["24/7", "50/50"].contains(&figure) {
        return Some((to, None));
    }
    let lower: f64 = found[1].parse().ok()?;
    (lower > 0.0).then(|| (to, Some(upper / lower)))
}

/// The proper fraction that a whole number before `end` is followed by, as its end and its value.
fn mixed(text: &str, end: usize) -> Option<(usize, f64)> {
    let found = MIXED.captures(&text[end..])?;
    let to = end + found[0].len();
    let (upper, lower): (f64, f64) = (found[1].parse().ok()?, found[2].parse().ok()?);
    (upper < lower && !text[to..].starts_with('/') && run(text.as_bytes(), to) == 0)
        .then(|| (to, upper / lower))
}

/// The decimal figure that begins at `start`: where it ends, and how English would write it without groups.
fn decimal(text: &str, start: usize) -> (usize, String) {
    let bytes = text.as_bytes();
    let head = run(bytes, start);
    let (mut end, mut point) = (start + head, true);
    if (1..=3).contains(&head) {
        (end, point) = groups(bytes, end, head);
    }
    let mut written: String = text[start..end].chars().filter(char::is_ascii_digit).collect();
    if !point {
        // The comma of `1.234,5` stands for the point.
        if bytes.get(end) == Some(&b',') {
            let decimals = run(bytes, end + 1);
            written = format!("{written}.{}", &text[end + 1..end + 1 + decimals]);
            end += 1 + decimals;
        }
        return (end, written);
    }
    let decimals = run(bytes, end + 1);
    if bytes.get(end) == Some(&b'.') && decimals > 0 {
        written = format!("{written}{}", &text[end..end + 1 + decimals]);
        end += 1 + decimals;
    }
    if bytes.get(end) == Some(&b'e') {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let digits = run(bytes, end + 1 + sign);
        let to = end + 1 + sign + digits;
        if (1..=3).contains(&digits) && !text[to..].starts_with(char::is_alphanumeric) {
            written = format!("{written}{}", &text[end..to]);
            end = to;
        }
    }
    (end, written)
}

/// Where the groups of a number end whose first group, of `head` digits, ends at `end`; and whether its decimals stand
/// after a point.
fn groups(bytes: &[u8], end: usize, head: usize) -> (usize, bool) {
    /// Bytes beyond which no number is read as one.
    const MOST: usize = 40;
    let threes = |mark: u8| {
        let mut to = end;
        while to - end < MOST && bytes.get(to) == Some(&mark) && run(bytes, to + 1) == 3 {
            to += 4;
        }
        to
    };
    for mark in [b',', b'\'', b'_'] {
        let to = threes(mark);
        if to > end {
            return (to, true);
        }
    }
    // `1,00,000`, in India.
    let mut twos = end;
    while twos - end < MOST && bytes.get(twos) == Some(&b',') && run(bytes, twos + 1) == 2 {
        twos += 3;
    }
    if head <= 2 && twos > end && bytes.get(twos) == Some(&b',') && run(bytes, twos + 1) == 3 {
        return (twos + 4, true);
    }
    // A space may part two numbers: only where the groups look like no list.
    let to = threes(b' ');
    let count = (to - end) / 4;
    if bytes[end..to].ends_with(b"000") || (count >= 2 && head < 3) {
        return (to, true);
    }
    let to = threes(b'.');
    let comma = bytes.get(to) == Some(&b',') && (1..=2).contains(&run(bytes, to + 1));
    let another = bytes.get(to) == Some(&b'.') && run(bytes, to + 1) > 0;
    if (to > end && comma) || (to - end >= 8 && !another) {
        return (to, false);
    }
    (end, true)
}
