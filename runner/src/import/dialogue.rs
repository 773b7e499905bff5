//! What a data set comes to: dialogues, and what could not be read.

/// A recorded dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialogue {
    /// Its name in the data set.
    pub id: String,
    /// Who spoke, and what was said.
    pub turns: Vec<(String, String)>,
}

/// Something that could not be read. The whole dialogue is left out: without one of its turns it would be another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in one lowercase sentence.
    pub reason: String,
}

impl Broken {
    pub(super) fn new(line: usize, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into() }
    }
}

/// What one file comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The dialogues that are whole, in the order of the file.
    pub dialogues: Vec<Dialogue>,
    /// What is wrong with the others, a dialogue each.
    pub broken: Vec<Broken>,
}

impl Found {
    /// Takes a dialogue in, unless something is wrong with it.
    pub(super) fn add(&mut self, line: usize, dialogue: Result<Dialogue, String>) {
        let dialogue = dialogue.and_then(|dialogue| match dialogue.turns.is_empty() {
            true => Err("the dialogue has no turns".to_owned()),
            false => Ok(dialogue),
        });
        match dialogue {
            Ok(dialogue) if self.dialogues.iter().any(|other| other.id == dialogue.id) => {
                self.broken.push(Broken::new(line, format!("two dialogues have the name `{}`", dialogue.id)));
            }
            Ok(dialogue) => self.dialogues.push(dialogue),
            Err(reason) => self.broken.push(Broken::new(line, reason)),
        }
    }
}
