//! Walks a dialogue without a model: every text is rendered once with something in place of the
//! replies. Finds what cannot be rendered, and counts what a run would generate.

use super::{example::example, options::confusion, scope::Scope};
use reports::record::dialogue::{Ask, Items, Prompt, Speak, Step};
use scorers::{
    Role,
    template::{self, TemplateError, Variables},
};
use serde_json::Value as Json;

/// What stands for a reply of the model.
const REPLY: &str = "(reply)";

/// What stands for it where a template cannot do with words, such as in arithmetic.
const NUMBER: &str = "1";

/// Most steps of one rehearsal.
const MAX_STEPS: u64 = 100_000;

/// What one trial comes to. Counts are of one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Replies that are generated.
    pub generations: u64,
    /// Characters of all prompts together, without the replies in them.
    pub prompt_characters: u64,
    /// Tokens of the replies inside of all prompts together, if every reply is as long as allowed.
    pub prompt_reply_tokens: u64,
    /// Tokens of all replies together, if every reply is as long as allowed.
    pub reply_tokens: u64,
    steps: u64,
}

/// Something that could not be rendered.
pub(super) struct Failure<'a> {
    /// Number of the step, counted from 0 in the order of the file, nested steps included.
    pub(super) step: usize,
    /// The variables at that point.
    pub(super) scope: &'a Scope,
    /// The template, or the expression of a repeat.
    pub(super) source: &'a str,
    /// What is wrong.
    pub(super) error: TemplateError,
    /// Whether the text could be filled in, and what came of it is wrong.
    pub(super) filled: bool,
}

/// Rehearses a dialogue; `failed` hears of every text that cannot be rendered.
pub(super) fn rehearse(
    dialogue: &[Step],
    variables: Variables,
    failed: &mut dyn FnMut(Failure<'_>),
) -> Outline {
    let mut rehearsal = Rehearsal {
        scope: Scope::new(variables),
        numbers: Vec::new(),
        outline: Outline::default(),
        history: History::default(),
        failed,
    };
    rehearsal.walk(dialogue, 0, 1);
    rehearsal.outline
}

/// What one trial comes to, texts that cannot be rendered left out.
pub fn outline(dialogue: &[Step], variables: Variables) -> Outline {
    rehearse(dialogue, variables, &mut |_| {})
}

/// How many steps there are, nested ones included.
pub(super) fn size(steps: &[Step]) -> usize {
    steps.iter().map(|step| 1 + size(nested(step))).sum()
}

/// The steps inside of a step.
fn nested(step: &Step) -> &[Step] {
    match step {
        Step::Repeat { steps, .. } | Step::Fork { steps, .. } => steps,
        Step::Say { .. } | Step::Speak(_) => &[],
    }
}

/// A text as it is said; the user cannot say nothing where something was to be filled in: an empty cell, most likely.
fn said(role: Role, source: &str, text: String) -> Result<String, TemplateError> {
    match role == Role::User && template::is_template(source) && text.trim().is_empty() {
        true => Err(TemplateError {
            help: Some(
                "a cell or a value may be empty; leave such a case out, or say what the user says".to_owned(),
            ),
            ..TemplateError::of("the text that comes of it is empty, so the user would say nothing")
        }),
        false => Ok(text),
    }
}

#[derive(Clone, Copy, Default)]
struct History {
    characters: u64,
    reply_tokens: u64,
}

struct Rehearsal<'f> {
    scope: Scope,
    /// Names of the turns said so far, to say them again as numbers.
    numbers: Vec<String>,
    outline: Outline,
    history: History,
    failed: &'f mut dyn FnMut(Failure<'_>),
}

impl Rehearsal<'_> {
    fn walk(&mut self, steps: &[Step], first: usize, branches: u64) {
        let mut index = first;
        for step in steps {
            self.outline.steps += 1;
            if self.outline.steps > MAX_STEPS {
                return;
            }
            match step {
                Step::Say { role, text, name } => {
                    let text = self.attempt(index, text, |scope| said(*role, text, scope.render(text)?));
                    self.history.characters += text.as_ref().map_or(0, |text| text.chars().count() as u64);
                    if let Some(name) = name {
                        self.scope.said(name, &text.unwrap_or_default());
                    }
                }
                Step::Speak(speak) => self.speak(index, speak, branches),
                Step::Repeat { .. } => {
                    self.repeat(index, step, branches);
                    index += size(nested(step));
                }
                Step::Fork { .. } => {
                    self.fork(index, step, branches);
                    index += size(nested(step));
                }
            }
            index += 1;
        }
    }

    fn speak(&mut self, index: usize, speak: &Speak, branches: u64) {
        let mut length = |source: &str| -> u64 {
            self.attempt(index, source, |scope| scope.render(source))
                .map_or(0, |text| text.chars().count() as u64)
        };
        // What it is told beside what was said; in a context of its own that is all.
        let (told, heard) = match &speak.prompt {
            Prompt::Dialogue => (0, true),
            Prompt::Reversed { system } => (system.as_deref().map_or(0, &mut length), true),
            Prompt::Own { messages } => (messages.iter().map(|message| length(&message.text)).sum(), false),
        };
        let options = if let Ask::Choose { options } = &speak.ask { options.as_slice() } else { &[] };
        self.choice(index, options);
        let history = if heard { self.history } else { History::default() };
        let tokens = u64::from(speak.sampling.max_tokens);
        let outline = &mut self.outline;
        outline.generations = outline.generations.saturating_add(branches);
        let characters = history.characters.saturating_add(told).saturating_mul(branches);
        outline.prompt_characters = outline.prompt_characters.saturating_add(characters);
        let replies = history.reply_tokens.saturating_mul(branches);
        outline.prompt_reply_tokens = outline.prompt_reply_tokens.saturating_add(replies);
        outline.reply_tokens = outline.reply_tokens.saturating_add(tokens.saturating_mul(branches));
        if !speak.private {
            self.history.reply_tokens += tokens;
        }
        match &speak.ask {
            Ask::Json { schema, .. } => self.scope.answered(&speak.name, example(schema, REPLY)),
            Ask::Text | Ask::Choose { .. } => {
                self.scope.said(&speak.name, REPLY);
                self.numbers.push(speak.name.clone());
            }
        }
    }

    /// What a speaker chooses among. Options that quote a turn are told apart when it has been said.
    fn choice(&mut self, index: usize, options: &[String]) {
        let filled: Vec<String> = options
            .iter()
            .filter_map(|option| self.attempt(index, option, |scope| scope.render(option)))
            .collect();
        let quotes = options.iter().any(|option| option.contains(super::scope::TURNS));
        if quotes || filled.len() < options.len() {
            return;
        }
        if let Some((which, error)) = confusion(&filled) {
            let source = options.get(which).map_or("", String::as_str);
            (self.failed)(Failure { step: index, scope: &self.scope, source, error, filled: true });
        }
    }

    fn fork(&mut self, index: usize, step: &Step, branches: u64) {
        let Step::Fork { items, variable, samples, steps, .. } = step else { return };
        let grid: Vec<Json> = match items {
            None => vec![Json::Null],
            Some(Items::Over(source)) => self.grid(index, source, step),
            // What is wrong with a list of the spec is said where it is read.
            Some(items) => self.scope.grid(items, *samples).unwrap_or_default(),
        };
        let (scope, history) = (self.scope.clone(), self.history);
        let said = self.numbers.len();
        for item in grid {
            self.scope.enter_item(variable.as_deref(), item);
            self.walk(steps, index + 1, branches.saturating_mul(u64::from(*samples)));
            (self.scope, self.history) = (scope.clone(), history);
            self.numbers.truncate(said);
        }
    }

    /// The items that an expression gives to a fork.
    fn grid(&mut self, index: usize, source: &str, step: &Step) -> Vec<Json> {
        let Step::Fork { items: Some(items), samples, .. } = step else { return Vec::new() };
        let grid = self.attempt(index, source, |scope| scope.grid(items, *samples));
        if grid.as_ref().is_some_and(Vec::is_empty) {
            let error = TemplateError::of(format!("`{source}` is an empty list: there are no branches"));
            (self.failed)(Failure { step: index, scope: &self.scope, source, error, filled: false });
        }
        grid.unwrap_or_default()
    }

    fn repeat(&mut self, index: usize, step: &Step, branches: u64) {
        let Step::Repeat { items, variable, until, steps } = step else { return };
        let variable = variable.as_deref();
        let source = match items {
            Items::Over(expression) | Items::Exchanges { over: expression, .. } => expression.as_str(),
            Items::Times(_) | Items::List(_) => "",
        };
        let rounds: Vec<Json> = self.attempt(index, source, |scope| scope.items(items)).unwrap_or_default();
        if rounds.is_empty() && !source.is_empty() && self.scope.items(items).is_ok() {
            let message = format!("`{source}` is an empty list: there are no rounds");
            let error = TemplateError::of(message);
            (self.failed)(Failure { step: index, scope: &self.scope, source, error, filled: false });
        }
        for (round, item) in (1..).zip(rounds) {
            self.scope.enter_round(round, variable, item);
            self.walk(steps, index + 1, branches);
            // How long a model takes is not known: all rounds count.
            if let Some(until) = until {
                self.attempt(index, until, |scope| scope.holds(until));
            }
        }
        self.scope.leave_rounds(variable);
    }

    /// Tries with words for replies, then with numbers, and reports what fails with both.
    fn attempt<T>(
        &mut self,
        step: usize,
        source: &str,
        action: impl Fn(&Scope) -> Result<T, TemplateError>,
    ) -> Option<T> {
        let error = match action(&self.scope) {
            Ok(result) => return Some(result),
            Err(error) => error,
        };
        if source.contains(super::scope::TURNS) {
            let mut scope = self.scope.clone();
            self.numbers.iter().for_each(|name| scope.said(name, NUMBER));
            if let Ok(result) = action(&scope) {
                return Some(result);
            }
        }
        (self.failed)(Failure { step, scope: &self.scope, source, error, filled: false });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::record::Sampling;

    fn say(text: &str) -> Step {
        Step::Say { role: Role::User, text: text.to_owned(), name: None }
    }

    fn generate(name: &str) -> Step {
        Step::Speak(Box::new(Speak::reply(name, Sampling::plain(1.0, 10))))
    }

    #[test]
    fn forks_multiply_and_leave_no_trace() {
        let fork = Step::Fork {
            name: "f".into(),
            items: None,
            variable: None,
            samples: 3,
            steps: vec![say("1234"), generate("guess")],
        };
        let dialogue = [say("12345678"), generate("reply"), fork, say("12"), generate("last")];
        let outline = outline(&dialogue, Variables::new());
        assert_eq!(outline.generations, 1 + 3 + 1);
        assert_eq!(outline.prompt_characters, 8 + 3 * 12 + 10);
        assert_eq!(outline.prompt_reply_tokens, 3 * 10 + 10);
        assert_eq!(outline.reply_tokens, 50);
    }

    #[test]
    fn a_grid_asks_every_item() {
        let fork = Step::Fork {
            name: "f".into(),
            items: Some(Items::Over("names".into())),
            variable: Some("name".into()),
            samples: 2,
            steps: vec![say("{{ name }}"), generate("guess")],
        };
        let variables = Variables::from_iter([("names".to_owned(), serde_json::json!(["a", "bcd", "ef"]))]);
        let outline = outline(&[fork, say("12"), generate("last")], variables);
        assert_eq!((outline.generations, outline.prompt_characters), (3 * 2 + 1, 2 * (1 + 3 + 2) + 2));
    }

    #[test]
    fn failures_name_their_step() {
        let repeat = Step::Repeat {
            items: Items::Over("shards".into()),
            variable: Some("shard".into()),
            until: None,
            steps: vec![say("{{ shard }}"), say("{{ shrad }}")],
        };
        let dialogue = [say("a"), repeat, say("{{ round }}")];
        let variables = Variables::from([("shards".to_owned(), serde_json::json!(["x", "y"]))]);
        let mut failed = Vec::new();
        rehearse(&dialogue, variables, &mut |failure| failed.push((failure.step, failure.source.to_owned())));
        assert_eq!(failed, [(3, "{{ shrad }}".into()), (3, "{{ shrad }}".into()), (4, "{{ round }}".into())]);
    }

    #[test]
    fn a_reply_may_be_used_as_a_number() {
        let mut failures = 0;
        let dialogue = [generate("n"), say("{{ turns.n | int + 1 }}")];
        rehearse(&dialogue, Variables::new(), &mut |_| failures += 1);
        assert_eq!(failures, 0);
    }
}
