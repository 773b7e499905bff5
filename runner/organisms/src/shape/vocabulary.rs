//! A byte-level BPE vocabulary of a given size.
//!
//! It begins as that of the built-in models: the bytes and the merges they learned. The rest are pairs of those
//! tokens, merged last, up to the family's size, and at the end the family's special tokens. So what a model of
//! random weights says is text that tokenizes into about as many tokens again, and English into more tokens than
//! with the family's own vocabulary.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;
use tokenizers::decoders::byte_level::ByteLevel as ByteLevelDecoder;
use tokenizers::models::bpe::{BPE, Merges, Vocab};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer};

use super::{Shape, template};
use crate::error::{Error, Result};

/// The vocabulary that is grown.
const SEED: &str = include_str!("../../models/sft/tokenizer.json");

/// Ids of special tokens.
pub(super) struct Ids {
    pub(super) begin: u32,
    pub(super) end: u32,
}

/// Writes a `tokenizer.json`.
pub(super) fn write(shape: &Shape, path: &Path) -> Result<Ids> {
    let special = template::special(shape.family);
    let (vocabulary, merges) = grown(shape.vocabulary - special.all.len())?;
    let model = BPE::builder().vocab_and_merges(vocabulary, merges).build().map_err(Error::tokenizer)?;
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
    tokenizer.with_decoder(Some(ByteLevelDecoder::new(false, true, true)));
    let tokens: Vec<AddedToken> =
        special.all.iter().map(|token| AddedToken::from(*token, true).normalized(false)).collect();
    tokenizer.add_special_tokens(&tokens);
    if tokenizer.get_vocab_size(true) != shape.vocabulary {
        let message = format!("{} tokens, not {}", tokenizer.get_vocab_size(true), shape.vocabulary);
        return Err(Error::Tokenizer(message));
    }
    tokenizer.save(path, false).map_err(Error::tokenizer)?;
    let id = |token: &str| {
        let id = tokenizer.token_to_id(token);
        id.ok_or_else(|| Error::Tokenizer(format!("the vocabulary has no token {token}")))
    };
    Ok(Ids { begin: id(special.begin)?, end: id(special.end)? })
}

/// Tokens and merges, `size` tokens in all.
fn grown(size: usize) -> Result<(Vocab, Merges)> {
    let malformed = || Error::Tokenizer("the vocabulary of the built-in models cannot be read".to_owned());
    let seed: Value = serde_json::from_str(SEED).map_err(Error::json(Path::new("tokenizer.json")))?;
    let special: HashSet<&str> = seed["added_tokens"]
        .as_array()
        .ok_or_else(malformed)?
        .iter()
        .filter_map(|token| token["content"].as_str())
        .collect();
    let mut old: Vec<(u64, &str)> = seed["model"]["vocab"]
        .as_object()
        .ok_or_else(malformed)?
        .iter()
        .filter(|(token, _)| !special.contains(token.as_str()))
        .filter_map(|(token, id)| Some((id.as_u64()?, token.as_str())))
        .collect();
    old.sort_unstable();
    let base: Vec<&str> = old.into_iter().map(|(_, token)| token).collect();
    let mut merges: Merges = Vec::new();
    for merge in seed["model"]["merges"].as_array().ok_or_else(malformed)? {
        let pair = match merge {
            Value::String(text) => text.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(a), Value::String(b)] => Some((a.clone(), b.clone())),
                _ => None,
            },
            _ => None,
        };
        merges.push(pair.ok_or_else(malformed)?);
    }
    let mut vocabulary: Vocab = Vocab::default();
    for token in &base {
        let id = id(vocabulary.len())?;
        vocabulary.insert((*token).to_owned(), id);
    }
    // Along the diagonals, so that early tokens are pairs of short ones.
    let pairs = (0..2 * base.len()).flat_map(|sum| (0..=sum).map(move |first| (first, sum - first)));
    for (first, second) in pairs {
        if vocabulary.len() >= size {
            break;
        }
        let (Some(first), Some(second)) = (base.get(first), base.get(second)) else { continue };
        let both = format!("{first}{second}");
        if !vocabulary.contains_key(&both) {
            let id = id(vocabulary.len())?;
            vocabulary.insert(both, id);
            merges.push(((*first).to_owned(), (*second).to_owned()));
        }
    }
    match vocabulary.len() == size {
        true => Ok((vocabulary, merges)),
        false => Err(Error::Tokenizer(format!("{} tokens cannot be grown to {size}", vocabulary.len()))),
    }
}

fn id(index: usize) -> Result<u32> {
    u32::try_from(index).map_err(|_| Error::Tokenizer("a vocabulary has fewer tokens than that".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Family, Size};

    #[test]
    fn a_grown_vocabulary_has_the_familys_size_and_gives_text_back() {
        let place = tempfile::tempdir().unwrap();
        for (_, family) in Family::ALL {
            let shape = Shape::of(family, Size::Tiny);
            let path = place.path().join("tokenizer.json");
            let ids = write(&shape, &path).unwrap();
            let tokenizer = Tokenizer::from_file(&path).unwrap();
            assert_eq!(tokenizer.get_vocab_size(true), shape.vocabulary);
            assert_eq!(tokenizer.id_to_token(ids.end).unwrap(), template::special(family).end);
            for text in ["A table for 4 on Friday, please.", " leading\n\nlines  ", "Où? 北京 🙂"] {
                let tokens = tokenizer.encode(text, false).unwrap();
                assert_eq!(tokenizer.decode(tokens.get_ids(), true).unwrap(), text);
            }
        }
    }

    #[test]
    fn the_largest_vocabulary_can_be_grown() {
        let (vocabulary, merges) = grown(151_936 - 3).unwrap();
        assert_eq!(vocabulary.len(), 151_933);
        assert_eq!(merges.len(), vocabulary.len() - 256, "every token but the bytes is a merge");
    }
}
