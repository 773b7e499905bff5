//! LaTeX in replies: what its commands put around text and numbers, and the escapes of Markdown, which look alike.

use super::signs::kept;

/// What to do at the brace that closes a group.
#[derive(Clone, Copy, PartialEq)]
enum Group {
    /// The braces are text.
    Text,
    /// The braces belonged to a command.
    Command,
    /// It was the upper half of a fraction: a stroke, then the lower half.
    Upper,
}

/// The text without commands that only dress it; unknown commands stay.
pub(super) fn strip(text: &str) -> String {
    if !text.contains(['\\', '{']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut groups: Vec<Group> = Vec::new();
    let mut rest = text;
    while let Some(place) = rest.find(['\\', '{', '}']) {
        out.push_str(&rest[..place]);
        let sign = rest.as_bytes()[place];
        rest = &rest[place + 1..];
        match sign {
            b'\\' => rest = command(rest, &mut out, &mut groups),
            b'{' => rest = open(rest, &mut out, &mut groups),
            _ => match groups.pop() {
                Some(Group::Command) => {}
                Some(Group::Upper) => {
                    out.push('/');
                    if let Some(lower) = rest.trim_start().strip_prefix('{') {
                        groups.push(Group::Command);
                        rest = lower;
                    }
                }
                Some(Group::Text) | None => out.push('}'),
            },
        }
    }
    out.push_str(rest);
    out
}

/// Commands whose argument is read and nothing else.
const DRESSING: [&str; 22] = [
    "boxed",
    "fbox",
    "framebox",
    "text",
    "textbf",
    "textit",
    "texttt",
    "textrm",
    "textsf",
    "emph",
    "underline",
    "mathrm",
    "mathbf",
    "mathit",
    "mathsf",
    "mathtt",
    "mathbb",
    "mathcal",
    "operatorname",
    "mbox",
    "ensuremath",
    "bm",
];

/// Reads what follows a backslash; gives the text after it.
fn command<'a>(rest: &'a str, out: &mut String, groups: &mut Vec<Group>) -> &'a str {
    let length = rest.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (name, after) = rest.split_at(length);
    match name {
        "" => return escape(rest, out),
        "frac" | "dfrac" | "tfrac" | "cfrac" => return fraction(after, out, groups),
        "times" => out.push('×'),
        "cdot" => out.push('·'),
        "pm" => out.push('±'),
        "circ" | "degree" => out.push('°'),
        "quad" | "qquad" => out.push(' '),
        "left" | "right" | "displaystyle" => {}
        _ if DRESSING.contains(&name) => {
            if let Some(argument) = after.trim_start().strip_prefix('{') {
                groups.push(Group::Command);
                return argument;
            }
        }
        _ => {
            out.push('\\');
            out.push_str(name);
        }
    }
    after
}

/// A fraction, whose halves may be single digits without braces.
fn fraction<'a>(after: &'a str, out: &mut String, groups: &mut Vec<Group>) -> &'a str {
    if out.ends_with(|before: char| before.is_ascii_digit()) {
        out.push(' ');
    }
    let after = after.trim_start();
    if let Some(upper) = after.strip_prefix('{') {
        groups.push(Group::Upper);
        return upper;
    }
    if let Some((upper, rest)) = digit(after)
        && let Some((lower, rest)) = digit(rest)
    {
        out.extend([upper, '/', lower]);
        return rest;
    }
    after
}

/// The digit that comes next, and the text after it.
fn digit(text: &str) -> Option<(char, &str)> {
    let text = text.trim_start();
    let digit = text.chars().next().filter(char::is_ascii_digit)?;
    Some((digit, &text[1..]))
}

/// A backslash before a sign: a space or bracket of LaTeX, else the sign itself.
fn escape<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let Some(sign) = rest.chars().next() else {
        out.push('\\');
        return rest;
    };
    let after = &rest[sign.len_utf8()..];
    match sign {
        '(' | ')' => {}
        '[' | ']' => out.push(' '),
        ',' | ';' | ':' | ' ' => out.push('\u{2009}'),
        '\\' => out.push('\n'),
        _ if sign.is_ascii_punctuation() => out.push(kept(sign)),
        _ => {
            out.push('\\');
            out.push(sign);
        }
    }
    after
}

/// Reads what follows an opening brace that belongs to no command.
fn open<'a>(rest: &'a str, out: &mut String, groups: &mut Vec<Group>) -> &'a str {
    if let Some(after) = rest.strip_prefix(",}") {
        out.push(',');
        return after;
    }
    match out.chars().next_back() {
        Some('^') => groups.push(Group::Command),
        Some('_') => {
            out.pop();
            groups.push(Group::Command);
        }
        _ => {
            out.push('{');
            groups.push(Group::Text);
        }
    }
    rest
}
