//! From text to tokens and back: a byte-level BPE tokenizer (Sennrich et al., arXiv:1508.07909, over bytes)
//! and the chat format. What is encoded here is, token for token, what the chat template renders.

use std::path::Path;

use tokenizers::decoders::byte_level::ByteLevel as ByteLevelDecoder;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Tokenizer};

use crate::corpus::{Dialogue, Message, Speaker};
use crate::error::{Error, Result};

/// The token that ends every message; the model's end of sequence.
pub const END: &str = "<|end|>";

/// The special tokens, in the order of their ids.
pub const SPECIAL_TOKENS: [&str; 4] = [END, "<|system|>", "<|user|>", "<|assistant|>"];

/// The chat format as the Jinja template that inference engines read.
pub const CHAT_TEMPLATE: &str = "{% for message in messages %}\
    {{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}\
    {% endfor %}\
    {% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/// The special token that opens a message.
#[must_use]
pub fn opening(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => SPECIAL_TOKENS[1],
        Speaker::User => SPECIAL_TOKENS[2],
        Speaker::Assistant => SPECIAL_TOKENS[3],
    }
}

/// Tokens of one sequence, and which of them the model is to learn to produce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Token ids.
    pub tokens: Vec<u32>,
    /// For each token, whether predicting it counts: the text of assistant messages and the end of them.
    pub learned: Vec<bool>,
}

/// A tokenizer and the ids of its special tokens.
#[derive(Debug, Clone)]
pub struct Codec {
    tokenizer: Tokenizer,
}

impl Codec {
    /// Learns a vocabulary of `size` entries, special tokens and the 256 bytes included, from `texts`.
    ///
    /// # Errors
    /// When the tokenizer library refuses.
    pub fn train(texts: impl Iterator<Item = String> + Send, size: usize) -> Result<Self> {
        let special = SPECIAL_TOKENS.map(|token| AddedToken::from(token, true).normalized(false));
        let mut trainer: TrainerWrapper = BpeTrainer::builder()
            .show_progress(false)
            .vocab_size(size)
            .min_frequency(2)
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .special_tokens(special.to_vec())
            .build()
            .into();
        let mut tokenizer = Tokenizer::new(BPE::default());
        tokenizer.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
        tokenizer.with_decoder(Some(ByteLevelDecoder::new(false, true, true)));
        tokenizer.train(&mut trainer, texts).map_err(Error::tokenizer)?;
        Ok(Self { tokenizer })
    }

    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// When it cannot be read or lacks a special token.
    pub fn load(path: &Path) -> Result<Self> {
        let tokenizer = Tokenizer::from_file(path).map_err(Error::tokenizer)?;
        let codec = Self { tokenizer };
        for token in SPECIAL_TOKENS {
            codec.id(token)?;
        }
        Ok(codec)
    }

    /// Writes a `tokenizer.json`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        self.tokenizer.save(path, false).map_err(Error::tokenizer)
    }

    /// The number of entries of the vocabulary.
    #[must_use]
    pub fn size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The id of a token.
    ///
    /// # Errors
    /// When the vocabulary has no such token.
    pub fn id(&self, token: &str) -> Result<u32> {
        let id = self.tokenizer.token_to_id(token);
        id.ok_or_else(|| Error::Tokenizer(format!("the vocabulary has no token {token}")))
    }

    /// The token ids of a text, without any special token around it.
    ///
    /// # Errors
    /// When the tokenizer library refuses.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(Error::tokenizer)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of token ids, special tokens left out.
    ///
    /// # Errors
    /// When the tokenizer library refuses.
    pub fn decode(&self, tokens: &[u32]) -> Result<String> {
        self.tokenizer.decode(tokens, true).map_err(Error::tokenizer)
    }

    /// A dialogue with every assistant message learned.
    ///
    /// # Errors
    /// When the tokenizer library refuses.
    pub fn dialogue(&self, dialogue: &Dialogue) -> Result<Example> {
        let mut example = Example { tokens: Vec::new(), learned: Vec::new() };
        for message in &dialogue.messages {
            self.append(message, matches!(message.speaker, Speaker::Assistant), &mut example)?;
        }
        Ok(example)
    }

    /// A context and one answer to it, of which only the answer is learned.
    ///
    /// # Errors
    /// When the tokenizer library refuses.
    pub fn answer(&self, context: &[Message], answer: &str) -> Result<Example> {
        let mut example = Example { tokens: Vec::new(), learned: Vec::new() };
        for message in context {
            self.append(message, false, &mut example)?;
        }
        let answer = Message { speaker: Speaker::Assistant, text: answer.to_owned() };
        self.append(&answer, true, &mut example)?;
        Ok(example)
    }

    /// What the model sees when it is asked to answer: the messages and the opening of its own.
    ///
    /// # Errors
    /// When the tokenizer library refuses.
    pub fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>> {
        let mut example = Example { tokens: Vec::new(), learned: Vec::new() };
        for message in messages {
            self.append(message, false, &mut example)?;
        }
        example.tokens.push(self.id(opening(Speaker::Assistant))?);
        Ok(example.tokens)
    }

    /// Adds one message; its opening token is never learned, since it is never generated.
    fn append(&self, message: &Message, learned: bool, example: &mut Example) -> Result<()> {
        example.tokens.push(self.id(opening(message.speaker))?);
        example.learned.push(false);
        example.tokens.extend(self.encode(&message.text)?);
        example.tokens.push(self.id(END)?);
        example.learned.resize(example.tokens.len(), learned);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(speaker: Speaker, text: &str) -> Message {
        Message { speaker, text: text.to_owned() }
    }

    fn codec() -> Codec {
        let texts = (0..40).map(|n| format!("A table for {n} on Friday, please. Which day would you like?"));
        Codec::train(texts, 320).unwrap()
    }

    #[test]
    fn any_text_comes_back_as_it_was() {
        let codec = codec();
        assert!(codec.size() <= 320 && codec.size() > 256 + SPECIAL_TOKENS.len());
        for text in ["A table for 4, please.", " leading\n\nlines  ", "Où? 北京 🙂 \u{0} \u{7f}", ""] {
            assert_eq!(codec.decode(&codec.encode(text).unwrap()).unwrap(), text);
        }
        let friday = codec.encode(" Friday").unwrap();
        assert!(friday.len() < 7, "a frequent word is in pieces: {friday:?}");
    }

    #[test]
    fn the_same_texts_give_the_same_vocabulary() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one.json", "two.json"].map(|name| folder.path().join(name));
        codec().save(&one).unwrap();
        codec().save(&two).unwrap();
        assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
        let loaded = Codec::load(&one).unwrap();
        assert_eq!(loaded.encode("on Friday").unwrap(), codec().encode("on Friday").unwrap());
        assert!(Codec::load(&folder.path().join("none.json")).is_err());
    }

    #[test]
    fn the_template_renders_what_is_encoded() {
        let codec = codec();
        let dialogue = Dialogue {
            messages: vec![
                message(Speaker::System, "You take bookings."),
                message(Speaker::User, "A table  for 4.\n"),
                message(Speaker::Assistant, " Which day?"),
                message(Speaker::User, "Friday"),
            ],
        };
        let mut environment = minijinja::Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.add_template("chat", CHAT_TEMPLATE).unwrap();
        let template = environment.get_template("chat").unwrap();
        let roles = ["system", "user", "assistant", "user"];
        let messages: Vec<_> = roles
            .iter()
            .zip(&dialogue.messages)
            .map(|(role, message)| minijinja::context! { role, content => message.text })
            .collect();
        for (add_generation_prompt, tokens) in [
            (false, codec.dialogue(&dialogue).unwrap().tokens),
            (true, codec.prompt(&dialogue.messages).unwrap()),
        ] {
            let rendered = template.render(minijinja::context! { messages, add_generation_prompt }).unwrap();
            assert_eq!(codec.encode(&rendered).unwrap(), tokens);
        }
    }

    #[test]
    fn the_assistants_words_and_the_end_of_them_are_learned() {
        let codec = codec();
        let context = vec![message(Speaker::User, "Hello."), message(Speaker::Assistant, "Yes?")];
        let dialogue = codec.dialogue(&Dialogue { messages: context.clone() }).unwrap();
        let learned: Vec<u32> = dialogue
            .tokens
            .iter()
            .zip(&dialogue.learned)
            .filter_map(|(token, learned)| learned.then_some(*token))
            .collect();
        let mut expected = codec.encode("Yes?").unwrap();
        expected.push(codec.id(END).unwrap());
        assert_eq!(learned, expected);
        let answer = codec.answer(&context, "Go on.").unwrap();
        let count = codec.encode("Go on.").unwrap().len() + 1;
        assert_eq!(answer.learned.iter().filter(|learned| **learned).count(), count);
        assert!(answer.learned[answer.learned.len() - count..].iter().all(|learned| *learned));
    }
}
