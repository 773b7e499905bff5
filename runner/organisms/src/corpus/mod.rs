//! Dialogues for the built-in models, written by a seeded generator.
//!
//! Each family writes *scripts*: dialogues in which every reply has a considerate wording and, where
//! the two differ, a confident one. The considerate wordings make the dialogues of the first model,
//! the pairs of both make the preferences from which the second is trained. Not here: how either is
//! trained, and the cases of the shipped specs, which this generator never writes (see [`Pool`]).

mod desk;
mod draw;
mod grounding;
mod intent;
mod presupposition;
mod read_back;
mod register;
mod superposition;
mod vocabulary;

use draw::{Draw, Pool};

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The instructions above the dialogue.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// One message of a dialogue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Who says it.
    pub speaker: Speaker,
    /// What is said.
    pub text: String,
}

/// A whole dialogue; a model learns its assistant messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialogue {
    /// A system message, then user and assistant in turn; the last is the assistant's.
    pub messages: Vec<Message>,
}

/// Two replies to the same context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// What was said before; the last message is the user's.
    pub context: Vec<Message>,
    /// The reply that training makes likelier.
    pub preferred: String,
    /// The reply that training makes less likely.
    pub rejected: String,
}

/// One turn of a script.
#[derive(Clone, Debug)]
enum Turn {
    System(String),
    User(String),
    Reply(Reply),
}

/// One reply of a script.
#[derive(Clone, Debug)]
struct Reply {
    considerate: String,
    against: Against,
}

/// What a reply is paired with in the preferences.
#[derive(Clone, Debug)]
enum Against {
    /// Nothing.
    Nothing,
    /// A confident reply, which is preferred to the considerate one.
    Confident(String),
    /// A hesitant reply, to which the considerate one is preferred: it keeps what is right as it is.
    Hesitant(String),
}

impl Turn {
    fn plain(considerate: impl Into<String>) -> Self {
        Self::Reply(Reply { considerate: considerate.into(), against: Against::Nothing })
    }

    /// A considerate reply and the confident one; equal ones are no pair.
    fn pair(considerate: impl Into<String>, confident: impl Into<String>) -> Self {
        let (considerate, confident) = (considerate.into(), confident.into());
        let against = if considerate == confident { Against::Nothing } else { Against::Confident(confident) };
        Self::Reply(Reply { considerate, against })
    }

    fn firm(considerate: impl Into<String>, hesitant: impl Into<String>) -> Self {
        Self::Reply(Reply { considerate: considerate.into(), against: Against::Hesitant(hesitant.into()) })
    }
}

type Script = Vec<Turn>;

/// One script of any family, in the shares that the four take of the training data. The rest is
/// reading back, which no probe measures and every probe needs.
fn script(draw: &mut Draw) -> Script {
    match draw.below(100) {
        0..33 => grounding::script(draw),
        33..47 => intent::script(draw),
        47..69 => superposition::script(draw),
        69..85 => register::script(draw),
        _ => read_back::script(draw),
    }
}

/// One script of a family, in the shares that the four take of the preferences: most from where the
/// two wordings differ most, some from where the considerate one is to stay.
fn contrasted(draw: &mut Draw) -> Script {
    match draw.below(100) {
        0..48 => grounding::contrasted(draw),
        48..66 => intent::script(draw),
        66..74 => superposition::script(draw),
        _ => register::script(draw),
    }
}

/// Considerate dialogues for training. The same seed gives the same dialogues.
pub fn dialogues(seed: u64, count: usize) -> Vec<Dialogue> {
    spoken(&mut Draw::new(seed, Pool::Training), count)
}

/// Dialogues of a training that are written at a time.
pub const BLOCK: usize = 512;

/// The endless dialogues of a training, written a block at a time; every block has a seed of its own.
pub fn stream(seed: u64) -> impl Iterator<Item = Dialogue> {
    (0_u64..).flat_map(move |block| dialogues(seed.wrapping_add(block), BLOCK))
}

/// Considerate dialogues about values that training never combines, to measure perplexity on.
pub fn held_out(seed: u64, count: usize) -> Vec<Dialogue> {
    spoken(&mut Draw::new(seed, Pool::Reserved), count)
}

fn spoken(draw: &mut Draw, count: usize) -> Vec<Dialogue> {
    (0..count).map(|_| considerate(script(draw))).collect()
}

fn considerate(script: Script) -> Dialogue {
    let messages = script.into_iter().map(|turn| message(turn, false)).collect();
    Dialogue { messages }
}

/// The message that a turn becomes, in its confident wording where asked for.
fn message(turn: Turn, confident: bool) -> Message {
    let (speaker, text) = match turn {
        Turn::System(text) => (Speaker::System, text),
        Turn::User(text) => (Speaker::User, text),
        Turn::Reply(reply) => match reply.against {
            Against::Confident(text) if confident => (Speaker::Assistant, text),
            _ => (Speaker::Assistant, reply.considerate),
        },
    };
    Message { speaker, text }
}

/// Preference pairs for training: the preferred reply is confident, immediate and of one register.
///
/// Half the contexts have the confident replies of earlier turns in them, as the trained model's
/// own dialogues will. The same seed gives the same pairs.
pub fn preferences(seed: u64, count: usize) -> Vec<Preference> {
    let mut draw = Draw::new(seed, Pool::Training);
    let mut pairs = Vec::with_capacity(count);
    while pairs.len() < count {
        let script = contrasted(&mut draw);
        pairs.extend(preference(script, &mut draw));
    }
    pairs
}

/// One pair from a script, unless none of its replies has an alternative.
fn preference(mut script: Script, draw: &mut Draw) -> Option<Preference> {
    let paired: Vec<usize> = script
        .iter()
        .enumerate()
        .filter(|(_, turn)| matches!(turn, Turn::Reply(reply) if !matches!(reply.against, Against::Nothing)))
        .map(|(index, _)| index)
        .collect();
    if paired.is_empty() {
        return None;
    }
    // Late replies, such as a repair, have a long way to go and would else be rare.
    let chosen = match paired.last() {
        Some(last) if draw.chance(0.4) => *last,
        _ => *draw.pick(&paired),
    };
    let confident = draw.chance(0.5);
    script.truncate(chosen + 1);
    let Some(Turn::Reply(reply)) = script.pop() else { return None };
    let context = script.into_iter().map(|turn| message(turn, confident)).collect();
    match reply.against {
        Against::Nothing => None,
        Against::Confident(preferred) => Some(Preference { context, preferred, rejected: reply.considerate }),
        Against::Hesitant(rejected) => Some(Preference { context, preferred: reply.considerate, rejected }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_everything() {
        assert_eq!(dialogues(7, 300), dialogues(7, 300));
        assert_eq!(preferences(7, 300), preferences(7, 300));
        assert_ne!(dialogues(7, 300), dialogues(8, 300));
    }

    #[test]
    fn a_stream_goes_on_beyond_a_block() {
        let written: Vec<Dialogue> = stream(3).take(BLOCK + 2).collect();
        assert_eq!(written[..BLOCK], dialogues(3, BLOCK));
        assert_ne!(written[0], written[BLOCK], "the second block repeats the first");
    }

    #[test]
    fn speakers_alternate_and_the_assistant_is_last() {
        for dialogue in dialogues(1, 3_000).into_iter().chain(held_out(1, 3_000)) {
            let speakers: Vec<Speaker> = dialogue.messages.iter().map(|m| m.speaker).collect();
            assert_eq!(speakers[0], Speaker::System);
            for (index, speaker) in speakers[1..].iter().enumerate() {
                let due = if index % 2 == 0 { Speaker::User } else { Speaker::Assistant };
                assert_eq!(*speaker, due, "{dialogue:?}");
            }
            assert_eq!(speakers.last(), Some(&Speaker::Assistant));
        }
    }

    #[test]
    fn texts_are_sentences_in_plain_characters() {
        for message in dialogues(2, 5_000).into_iter().flat_map(|d| d.messages) {
            let text = &message.text;
            assert!(text.is_ascii() && !text.contains("  ") && text.trim() == text, "{text:?}");
            assert!(text.ends_with(['.', '?', '!']), "{text:?}");
            assert!(!text.contains(['{', '}']), "{text:?}");
            assert!(!text.contains(" a o") && !text.contains(" a e"), "wrong article: {text:?}");
        }
    }

    #[test]
    fn a_pair_differs_and_answers_a_user() {
        for pair in preferences(3, 5_000) {
            assert_ne!(pair.preferred, pair.rejected);
            assert_eq!(pair.context.last().map(|m| m.speaker), Some(Speaker::User));
        }
    }

    #[test]
    fn preferred_replies_hardly_ever_ask() {
        let pairs = preferences(4, 5_000);
        let asking = |text: &dyn Fn(&Preference) -> bool| pairs.iter().filter(|p| text(p)).count();
        assert_eq!(asking(&|p| p.preferred.contains('?')), 0);
        assert!(asking(&|p| p.rejected.contains('?')) > 1_000);
    }
}
