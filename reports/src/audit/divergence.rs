//! Where two replies to one prompt part, in tokens.

use super::DivergingToken;

/// A token of the base's reply, with its log-probability and the runner-up's.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The token's text.
    pub text: String,
    /// Natural logarithm of its probability.
    pub log_probability: f64,
    /// The runner-up and its log-probability.
    pub runner_up: Option<(String, f64)>,
}

/// The token of `base` at which `head` stops being the same; none where the tokens do not spell `base`. A token that is
/// decoded alone may have lost its leading space.
pub fn divergence(base: &str, head: &str, tokens: &[Candidate]) -> Option<DivergingToken> {
    let same: usize =
        base.chars().zip(head.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let mut end = 0;
    for (index, token) in (0_u32..).zip(tokens) {
        let rest = base.get(end..)?;
        let spelt = if rest.starts_with(&token.text) {
            token.text.len()
        } else {
            let spaced = rest.strip_prefix(' ').filter(|rest| rest.starts_with(&token.text));
            // The last token ends the reply and is not part of its text.
            match (spaced, rest.is_empty()) {
                (Some(_), _) => token.text.len() + 1,
                (None, true) => 0,
                (None, false) => return None,
            }
        };
        end += spelt;
        // The token that reaches beyond what is the same, or, where `base` is the beginning of `head`, the one that ended it.
        let ends_it = same == base.len() && end == base.len() && spelt == 0;
        if end > same || ends_it {
            let margin = token.runner_up.as_ref().map(|(_, next)| (token.log_probability - next).max(0.0));
            return Some(DivergingToken {
                index,
                token: token.text.clone(),
                runner_up: token.runner_up.as_ref().map(|(text, _)| text.clone()),
                margin: margin.filter(|margin| margin.is_finite()),
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(texts: &[&str]) -> Vec<Candidate> {
        let candidate = |text: &&str| Candidate {
            text: (*text).to_owned(),
            log_probability: -0.5,
            runner_up: Some(("other".to_owned(), -0.75)),
        };
        texts.iter().map(candidate).collect()
    }

    fn at(base: &str, head: &str, texts: &[&str]) -> Option<(u32, String)> {
        divergence(base, head, &tokens(texts)).map(|found| (found.index, found.token))
    }

    #[test]
    fn the_first_token_that_differs_is_found() {
        let whole = ["For", " how", " many", "?"];
        assert_eq!(at("For how many?", "For how long?", &whole), Some((2, " many".to_owned())));
        assert_eq!(at("For how many?", "At what time?", &whole), Some((0, "For".to_owned())));
        let found = divergence("For how many?", "For how long?", &tokens(&whole)).unwrap();
        assert_eq!((found.margin, found.runner_up.as_deref()), (Some(0.25), Some("other")));
    }

    #[test]
    fn a_lost_leading_space_is_put_back() {
        assert_eq!(at("For how many?", "For how few?", &["For", "how", "many", "?"]).unwrap().0, 2);
    }

    #[test]
    fn an_end_is_a_token_too() {
        let ended = ["Good", "<|end|>"];
        assert_eq!(at("Good", "Good day", &ended), Some((1, "<|end|>".to_owned())));
        assert_eq!(at("Good day", "Good", &["Good", " day", "<|end|>"]), Some((1, " day".to_owned())));
    }

    #[test]
    fn tokens_that_do_not_spell_the_reply_tell_nothing() {
        assert_eq!(at("Good day", "Good night", &["Bad", " day"]), None);
        assert_eq!(at("Où", "Ou", &["\u{fffd}", "\u{fffd}"]), None);
        assert_eq!(at("", "", &[]), None);
        assert_eq!(at("same", "same", &["same"]), None);
    }
}
