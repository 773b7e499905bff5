//! Wordings that are ordinary words too: `A` beside the article, `I` beside the pronoun, `US` beside "us".
//!
//! Evaluations with lettered options take any lone letter for an answer and so read articles as answers; the rule here asks
//! for what makes a letter a label: brackets or quotes, a mark after it, a word such as "option" before it, a capital in the
//! middle of a sentence, or a verb after it ("A is right"). The rule is Grice's own. It errs on the side of no mention.

use super::text::Written;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// One wording of an option.
#[derive(Clone, Debug)]
pub(super) struct Wording {
    plain: String,
    kind: Kind,
}

/// What a wording may be taken for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Nothing else.
    Plain,
    /// A letter that is no word in English.
    Letter,
    /// A letter that is a word in English or in another language.
    LetterWord,
    /// An abbreviation in capitals that is a word in small letters.
    Capitals,
}

/// Words that a spec may mean as abbreviations when it writes them in capitals.
const WORDS: &[&str] = &[
    "ad", "am", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "for", "go", "had", "has",
    "he", "her", "hi", "him", "his", "how", "if", "in", "is", "it", "its", "la", "ma", "may", "me", "my",
    "no", "not", "now", "of", "oh", "ok", "on", "or", "our", "out", "pa", "she", "so", "the", "they", "to",
    "up", "us", "was", "we", "who", "why", "yes", "you",
];

impl Wording {
    /// A wording as the spec writes it, and its plain form.
    pub(super) fn of(written: &str, plain: String) -> Self {
        let mut letters = plain.chars();
        let kind = match (letters.next(), letters.next()) {
            (Some(letter), None) if letter.is_alphabetic() && has_cases(letter) => {
                if "bcdfghjlmnpqrtx".contains(letter) { Kind::Letter } else { Kind::LetterWord }
            }
            _ if WORDS.contains(&plain.as_str()) && !written.chars().any(char::is_lowercase) => {
                Kind::Capitals
            }
            _ => Kind::Plain,
        };
        Self { plain, kind }
    }

    /// What to look for.
    pub(super) fn plain(&self) -> &str {
        &self.plain
    }

    /// Whether the wording, which stands at this place as a whole word, names the option there.
    pub(super) fn is_named(&self, text: &Written, place: &Range<usize>) -> bool {
        let sight = Sight { text, place };
        match self.kind {
            Kind::Plain => true,
            Kind::Capitals => text.is_capital(place) || sight.is_alone(),
            Kind::Letter => !sight.is_part(),
            Kind::LetterWord => !sight.is_part() && sight.is_label(self.plain == "i"),
        }
    }
}

fn has_cases(letter: char) -> bool {
    letter.to_uppercase().next() != Some(letter) || letter.to_lowercase().next() != Some(letter)
}

/// A lone letter in its surroundings.
struct Sight<'a> {
    text: &'a Written,
    place: &'a Range<usize>,
}

/// Characters before a place that decide what stands there.
const NEAR: usize = 24;

/// Words before a letter that make it a label.
static CUE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"(?:^|[^\p{L}])(?:option|choice|letter|alternative|statement|answer|answer is|answer's|answer would be|answer should be|choose|chose|select|pick|picked|go with|going with|guess|say|is option|correct is|correct one is)\s*[:=]?[\s"'(\[{*]*$|[:=]\s*$"#,
    )
});

/// The verb before a letter that says what something is.
static IS: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?:^|[^\p{L}])(?:is|be|was|it's|that's|not|and|or|to)\s*$"));

/// Words that follow a label, and seldom an article.
static FOLLOWS: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"^\s(?:is|isn't|was|has|because|since|as|would|should|could|can|cannot|can't|seems|and|or|must|looks|makes|fits|over|then|than|vs|but|it|that|though|although|for|given|due|appears|does|doesn't|means|says|states|gives|describes|correctly|=|-|–|—)(?:[^\p{L}]|$)",
    )
});

/// The same for the letter that is also the pronoun, which takes other verbs.
static FOLLOWS_I: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"^\s(?:is|isn't|has|seems|looks|makes|fits|appears|does|doesn't|=)(?:[^\p{L}]|$)")
});

fn constant(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

impl Sight<'_> {
    fn before(&self) -> &str {
        &self.text.plain[..self.place.start]
    }

    fn after(&self) -> &str {
        &self.text.plain[self.place.end..]
    }

    /// The last few characters before the letter.
    fn near(&self) -> &str {
        let before = self.before();
        before.char_indices().rev().take(NEAR).last().map_or(before, |(start, _)| &before[start..])
    }

    /// Whether nothing but signs stands beside the letter.
    fn is_alone(&self) -> bool {
        !self.before().contains(char::is_alphanumeric) && !self.after().contains(char::is_alphanumeric)
    }

    /// Whether the letter is part of a longer expression: `I'd`, `A-level`, `a.m.`, `C++`, `R&D`, `n/a`, `:D`.
    fn is_part(&self) -> bool {
        let (mut before, mut after) = (self.before().chars().rev(), self.after().chars());
        let (left, beyond_left) = (before.next(), before.next());
        let (right, beyond_right, third) = (after.next(), after.next(), after.next());
        let letter = |sign: Option<char>| sign.is_some_and(char::is_alphabetic);
        let capital = self.text.is_capital(self.place);
        match (left, beyond_left) {
            (Some('\'' | '-' | '&'), beyond) if letter(beyond) => return true,
            (Some('/'), beyond) if letter(beyond) && !capital => return true,
            // "a.m."
            (Some('.'), beyond)
                if letter(beyond) && before.next().is_none_or(|sign| !sign.is_alphanumeric()) =>
            {
                return true;
            }
            (Some(':' | ';' | '='), beyond) if beyond.is_none_or(char::is_whitespace) && capital => {
                return true;
            }
            _ => {}
        }
        match right {
            Some('\'') if letter(beyond_right) => {
                let owns = beyond_right == Some('s') && third.is_none_or(|sign| !sign.is_alphabetic());
                !(owns && capital)
            }
            Some('-' | '&') => letter(beyond_right),
            Some('/') => letter(beyond_right) && !capital,
            Some('.') => letter(beyond_right) && third.is_none_or(|sign| !sign.is_alphanumeric()),
            Some('+' | '#') => true,
            _ => false,
        }
    }

    /// Whether a letter that may be a word is meant as a label.
    fn is_label(&self, pronoun: bool) -> bool {
        let (before, after) = (self.before(), self.after());
        let (left, right) = (before.chars().next_back(), after.chars().next());
        let parted = left.is_none_or(|sign| !sign.is_alphanumeric());
        let bracketed = left.is_some_and(|sign| "([{\"'「『《〈【<*_`".contains(sign))
            && right.is_some_and(|sign| ")]}\"'」』》〉】>*_`.,:".contains(sign));
        let listed = matches!(right, Some(')' | ']' | ':')) && parted;
        if bracketed || listed || self.is_alone() || self.alone_in_line() {
            return true;
        }
        // Beside letters of a script without cases, as in 答案是A。
        if left.is_some_and(|sign| !has_cases(sign) && sign.is_alphabetic()) {
            return true;
        }
        let near = self.near();
        let cued = CUE.is_match(near);
        let marked = right.is_none_or(|sign| ".!?;。！？".contains(sign));
        let follows = if pronoun { &FOLLOWS_I } else { &FOLLOWS };
        let follows = follows.is_match(after);
        if !self.text.is_capital(self.place) {
            return cued && (marked || follows || right == Some(','))
                || (marked && IS.is_match(near) && !pronoun);
        }
        if pronoun {
            return (marked && (cued || IS.is_match(near) || self.begins_sentence()))
                || follows
                || (cued && right == Some(','));
        }
        if marked || right == Some(',') || follows {
            return true;
        }
        // A capital in the middle of a sentence, and no title or shouting after it.
        let next = after.trim_start();
        let at = self.text.plain.len() - next.len();
        let first = next.chars().next().map_or(0, char::len_utf8);
        let small = first > 0 && !self.text.is_capital(&(at..at + first));
        small && !self.begins_sentence()
    }

    fn begins_sentence(&self) -> bool {
        let before = self.before().trim_end_matches([' ', '"', '\'', '(', '*', '_', '-']);
        self.text.begins_line(self.place.start)
            || before.chars().next_back().is_none_or(|sign| ".!?…:;。！？：".contains(sign))
    }

    /// Whether the line holds nothing but the letter and signs.
    fn alone_in_line(&self) -> bool {
        if !self.text.begins_line(self.place.start) {
            return false;
        }
        let rest = self.after();
        let word = rest.find(char::is_alphanumeric).map(|offset| self.place.end + offset);
        word.is_none_or(|word| self.text.begins_line(word))
    }
}

#[cfg(test)]
mod tests;
