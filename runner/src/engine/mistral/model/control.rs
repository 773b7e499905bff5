//! Control tokens in what is said. A template ends turns and begins others with them; in the text of a turn they are
//! nothing but text, whoever wrote it: otherwise a user's line could end its own turn and speak for the system.
//!
//! Each is taken out of a turn before the template is applied, a mark standing in its place, and put back as ordinary
//! tokens afterwards.

use crate::engine::Message;
use regex::{Captures, Regex};
use std::{collections::HashSet, ops::Range};
use tokenizers::Tokenizer;

/// First of the characters that stand for control tokens: Unicode's plane 15, which is for private use.
const MARKS: u32 = 0xF0000;
/// The first character behind that plane.
const END: u32 = 0x0010_0000;

/// The control tokens of a model.
pub(super) struct Controls {
    /// Their texts, the longest first, so that none hides another that begins alike; and what finds the first of them in one
    /// pass, since every prompt is looked through.
    texts: Vec<String>,
    any: Option<Regex>,
    ids: HashSet<u32>,
    /// The tokenizer without them.
    plain: Tokenizer,
}

impl Controls {
    /// The special tokens of a tokenizer, and those of its other added tokens that the template makes turns with: `turns` is
    /// what it renders of a short dialogue. What marks reasoning begins and ends no turn, and templates look for it in what
    /// was said. None for a tokenizer that cannot be had without them.
    pub(super) fn of(tokenizer: &Tokenizer, turns: &str) -> Option<Self> {
        let added = tokenizer.get_added_tokens_decoder();
        let controls = added.iter().filter(|(_, token)| {
            let text = token.content.as_str();
            !text.is_empty() && !text.contains("think") && (token.special || turns.contains(text))
        });
        let (ids, mut texts): (HashSet<u32>, Vec<String>) =
            controls.map(|(id, token)| (*id, token.content.clone())).unzip();
        texts.sort_by(|one, other| (other.len(), one).cmp(&(one.len(), other)));
        let alternatives: Vec<String> = texts.iter().map(|text| regex::escape(text)).collect();
        let any = match alternatives.is_empty() {
            true => None,
            false => Some(Regex::new(&alternatives.join("|")).ok()?),
        };
        let mut json: serde_json::Value = serde_json::from_str(&tokenizer.to_string(false).ok()?).ok()?;
        json.as_object_mut()?.insert("added_tokens".to_owned(), serde_json::Value::Array(Vec::new()));
        let plain = json.to_string().parse().ok()?;
        Some(Self { texts, any, ids, plain })
    }

    /// The first control token that is in what was said.
    pub(super) fn spoken<'a>(&self, messages: &'a [Message]) -> Option<&'a str> {
        let any = self.any.as_ref()?;
        messages.iter().find_map(|message| any.find(&message.text)).map(|found| found.as_str())
    }

    /// The messages with marks for control tokens, and which characters are marks.
    pub(super) fn masked(&self, messages: &[Message]) -> Option<(Vec<Message>, Range<u32>)> {
        let count = u32::try_from(self.texts.len()).ok()?;
        let used: HashSet<u32> =
            messages.iter().flat_map(|message| message.text.chars()).map(u32::from).collect();
        let free = |start: &u32| !(*start..start + count).any(|mark| used.contains(&mark));
        let mut starts = (MARKS..END.checked_sub(count)?).step_by(count.max(1) as usize);
        let start = starts.find(free)?;
        let any = self.any.as_ref()?;
        let mark = |found: &Captures<'_>| {
            let index = self.texts.iter().position(|text| *text == found[0]);
            let mark = index.and_then(|index| char::from_u32(start + u32::try_from(index).ok()?));
            mark.map_or_else(|| found[0].to_owned(), String::from)
        };
        let mask = |text: &str| any.replace_all(text, mark).into_owned();
        let masked = messages.iter().map(|said| Message { role: said.role, text: mask(&said.text) });
        Some((masked.collect(), start..start + count))
    }

    /// The tokens of a rendered dialogue whose marks stand for control tokens that are text. None where the tokenizer has no
    /// ordinary tokens for them.
    pub(super) fn tokens(
        &self,
        tokenizer: &Tokenizer,
        rendered: &str,
        marks: &Range<u32>,
    ) -> Option<Vec<u32>> {
        let mut tokens = Vec::new();
        let is_mark = |character: char| marks.contains(&u32::from(character));
        for piece in rendered.split_inclusive(is_mark) {
            let end = piece.chars().next_back().filter(|last| is_mark(*last));
            let before = end.map_or(piece, |mark| piece.strip_suffix(mark).unwrap_or(piece));
            if !before.is_empty() {
                tokens.extend_from_slice(tokenizer.encode_fast(before, false).ok()?.get_ids());
            }
            if let Some(mark) = end {
                let index = u32::from(mark).checked_sub(marks.start)?;
                tokens.extend(self.spelled(self.texts.get(usize::try_from(index).ok()?)?)?);
            }
        }
        Some(tokens)
    }

    /// A control token as ordinary tokens. Where even the rest of the tokenizer would take the whole for that token, it is
    /// taken apart.
    fn spelled(&self, text: &str) -> Option<Vec<u32>> {
        let encoded = |parts: &[&str]| {
            let ids =
                parts.iter().map(|part| Some(self.plain.encode_fast(*part, false).ok()?.get_ids().to_vec()));
            let ids: Vec<u32> = ids.collect::<Option<Vec<_>>>()?.concat();
            (!ids.iter().any(|id| self.ids.contains(id))).then_some(ids)
        };
        let first = text.chars().next()?;
        let (head, rest) = text.split_at(first.len_utf8());
        let mut buffer = [0; 4];
        let characters: Vec<String> =
            text.chars().map(|character| character.encode_utf8(&mut buffer).to_owned()).collect();
        let characters: Vec<&str> = characters.iter().map(String::as_str).collect();
        encoded(&[text]).or_else(|| encoded(&[head, rest])).or_else(|| encoded(&characters))
    }
}

#[cfg(test)]
mod tests;
