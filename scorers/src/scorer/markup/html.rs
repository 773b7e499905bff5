//! HTML in replies: tags, comments and the commonest character references.

use super::signs::{STRUCK, STRUCK_END, constant, kept};
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

static COMMENT: LazyLock<Regex> = LazyLock::new(|| constant(r"(?s)<!--.*?-->"));

/// A tag, closed or with attributes that have values: `a <b and c> d` compares.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"<(?P<ends>/?)(?P<name>[a-zA-Z][a-zA-Z0-9_:-]{0,30})(?:\s+[a-zA-Z_:@.-][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'|[^\s"'=<>`]+))*\s*/?>"#,
    )
});

static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"&(?:(?P<name>[a-z]{2,6}[0-9]{0,2})|#(?P<number>[0-9]{1,7})|#[xX](?P<hex>[0-9a-fA-F]{1,6}));")
});

/// The text without tags; a reference becomes its sign.
pub(super) fn strip(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if text.contains('<') {
        text = Cow::Owned(COMMENT.replace_all(&text, "").into_owned());
        text = Cow::Owned(TAG.replace_all(&text, tag).into_owned());
    }
    if text.contains('&') {
        text = Cow::Owned(REFERENCE.replace_all(&text, reference).into_owned());
    }
    text
}

/// What a reader sees of a tag.
fn tag(found: &Captures<'_>) -> String {
    let ends = !found["ends"].is_empty();
    match found["name"].to_ascii_lowercase().as_str() {
        "s" | "del" | "strike" => (if ends { STRUCK_END } else { STRUCK }).to_string(),
        "sup" => (if ends { "" } else { "^" }).to_owned(),
        "b" | "i" | "em" | "strong" | "u" | "ins" | "mark" | "code" | "span" | "a" | "font" | "small"
        | "big" | "tt" | "kbd" | "samp" | "var" | "q" | "sub" | "abbr" | "cite" => String::new(),
        "br" | "p" | "div" | "li" | "ul" | "ol" | "tr" | "table" | "h1" | "h2" | "h3" | "h4" | "h5"
        | "h6" | "hr" | "blockquote" | "pre" => "\n".to_owned(),
        _ => " ".to_owned(),
    }
}

fn reference(found: &Captures<'_>) -> String {
    let number = |name, radix| {
        let digits = found.name(name)?;
        char::from_u32(u32::from_str_radix(digits.as_str(), radix).ok()?)
    };
    let sign = match found.name("name").map(|name| name.as_str()) {
        Some(name) => named(name),
        None => number("number", 10).or_else(|| number("hex", 16)),
    };
    sign.map_or_else(|| found[0].to_owned(), |sign| kept(sign).to_string())
}

fn named(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{A0}',
        "thinsp" => '\u{2009}',
        "minus" => '−',
        "ndash" => '–',
        "mdash" => '—',
        "times" => '×',
        "frac12" => '½',
        "frac14" => '¼',
        "frac34" => '¾',
        "sup1" => '¹',
        "sup2" => '²',
        "sup3" => '³',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        _ => return None,
    })
}
