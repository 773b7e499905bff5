//! Text that a model or a spec wrote, made harmless wherever it is printed.
//!
//! A terminal obeys control characters, a browser and an editor obey the bidirectional overrides
//! (CVE-2021-42574), an XML parser refuses both. They are shown instead: a control character as its
//! picture (U+2400 and on), an invisible one by its number. Nothing is dropped, so that a reader
//! sees what was there.

use std::fmt::Write as _;

/// Whether a character changes how its neighbours are shown, or shows nothing itself.
fn is_hidden(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'..='\u{2064}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
        || (u32::from(character) & 0xfffe == 0xfffe)
}

fn push(out: &mut String, character: char) {
    match character {
        '\u{0}'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(character))),
        '\u{7f}' => out.push('\u{2421}'),
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(character));
        }
        hidden if is_hidden(hidden) => {
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(hidden));
        }
        plain => out.push(plain),
    }
}

/// On one line: a line break becomes ⏎, a tab a space.
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push('⏎'),
            '\t' => out.push(' '),
            other => push(&mut out, other),
        }
    }
    out
}

/// Over several lines: line breaks and tabs stay.
pub fn block(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => out.push(character),
            other => push(&mut out, other),
        }
    }
    out
}

/// At most `limit` characters of one line; what is cut off is marked by `…`.
pub fn excerpt(text: &str, limit: usize) -> String {
    let text = line(text);
    match text.char_indices().nth(limit) {
        None => text,
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_characters_and_overrides_become_visible() {
        assert_eq!(line("a\u{1b}[31mb\r\n\tc"), "a␛[31mb␍⏎ c");
        assert_eq!(block("x\u{202e}y\nz\u{9b}"), "x⟨U+202E⟩y\nz⟨U+009B⟩");
        assert_eq!(line("\u{feff}\u{ffff}\u{1fffe}\u{2028}"), "⟨U+FEFF⟩⟨U+FFFF⟩⟨U+1FFFE⟩⟨U+2028⟩");
    }

    #[test]
    fn ordinary_writing_stays_as_it_is() {
        for text in ["Łódź — “na zdrowie” 👩‍👩‍👧", "مرحبا", "日本語", "e\u{301}"]
        {
            assert_eq!(line(text), text);
        }
    }

    #[test]
    fn an_excerpt_is_cut_between_characters() {
        assert_eq!(excerpt("naïve idea", 4), "naïv…");
        assert_eq!(excerpt("short", 5), "short");
    }

    proptest! {
        #[test]
        fn nothing_harmful_is_left(text in any::<String>()) {
            let bad = |c: char| (c.is_control() && c != '\n' && c != '\t') || is_hidden(c);
            prop_assert!(!block(&text).chars().any(bad));
            prop_assert!(!line(&text).chars().any(|c| c.is_control() || is_hidden(c)));
        }
    }
}
