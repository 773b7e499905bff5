//! The variables that a template sees while a dialogue is walked.
//!
//! The check of a spec and the execution of it use this one type, so a text that was checked can be
//! rendered.

use reports::record::dialogue::{Exchange, Items, exchanges};
use scorers::template::{self, TemplateError, Variables};
use serde_json::{Map, Value as Json};

/// Name of the variable that maps every live turn to its latest text.
pub const TURNS: &str = "turns";

/// Name of the variable that counts the rounds of a repeat, from 1.
pub const ROUND: &str = "round";

/// Most rounds of one repeat.
pub const MAX_ROUNDS: usize = 1_000;

/// Most continuations of one fork, those of all items of a grid together.
pub const MAX_BRANCHES: u32 = 1_000;

/// The variables of a case in an arm, what was said so far, and the current round.
#[derive(Clone, Debug)]
pub struct Scope {
    variables: Variables,
}

impl Scope {
    /// A scope before the first turn.
    pub fn new(mut variables: Variables) -> Self {
        variables.insert(TURNS.to_owned(), Json::Object(Map::new()));
        Self { variables }
    }

    /// Remembers what the model said in a live turn; the latest text counts.
    pub fn said(&mut self, name: &str, text: &str) {
        self.answered(name, Json::from(text));
    }

    /// The same of a turn that was to be JSON, whose fields texts can quote.
    pub fn answered(&mut self, name: &str, value: Json) {
        let turns = self.variables.entry(TURNS.to_owned()).or_insert_with(|| Json::Object(Map::new()));
        if let Json::Object(turns) = turns {
            turns.insert(name.to_owned(), value);
        }
    }

    /// Sets the number of the round, from 1, and the item under the name that the spec chose.
    pub fn enter_round(&mut self, round: u32, variable: Option<&str>, item: Json) {
        self.variables.insert(ROUND.to_owned(), Json::from(round));
        if let Some(variable) = variable {
            self.variables.insert(variable.to_owned(), item);
        }
    }

    /// Forgets the round and its item.
    pub fn leave_rounds(&mut self, variable: Option<&str>) {
        self.variables.remove(ROUND);
        if let Some(variable) = variable {
            self.variables.remove(variable);
        }
    }

    /// A text with everything filled in.
    ///
    /// # Errors
    /// When the template cannot be rendered with these variables; when braces of a template are left in it that neither
    /// a value of data nor a reply brought in, nor the text itself as it stands (`raw`, or between quotes).
    pub fn render(&self, text: &str) -> Result<String, TemplateError> {
        let rendered = template::render(text, &self.variables)?;
        for sign in ["{{", "{%", "{#"] {
            if rendered.contains(sign)
                && !(says(text, sign) || self.variables.values().any(|value| holds(value, sign)))
            {
                let message = format!(
                    "the text that comes of it still has `{sign}` in it, so part of it was not filled in"
                );
                return Err(TemplateError {
                    help: Some(
                        "if it is to be said as it stands, put it between `{% raw %}` and `{% endraw %}`"
                            .to_owned(),
                    ),
                    ..TemplateError::of(message)
                });
            }
        }
        Ok(rendered)
    }

    /// The items of a repeat, one per round.
    ///
    /// # Errors
    /// When the expression gives no list, or one longer than [`MAX_ROUNDS`].
    pub fn items(&self, items: &Items) -> Result<Vec<Json>, TemplateError> {
        let list = match items {
            Items::Times(times) => (1..=*times).map(Json::from).collect(),
            Items::List(list) => list.clone(),
            Items::Over(expression) => match template::evaluate(expression, &self.variables)? {
                Json::Array(list) => list,
                other => return Err(error(format!("`{expression}` is {}, not a list", describe(&other)))),
            },
            Items::Exchanges { over, of } => {
                let dialogue = template::evaluate(over, &self.variables)?;
                let rounds = exchanges(&dialogue, of).map_err(|wrong| error(format!("`{over}`: {wrong}")))?;
                rounds.into_iter().map(Exchange::into_json).collect()
            }
        };
        if list.len() > MAX_ROUNDS {
            return Err(error(format!("{} rounds are more than the {MAX_ROUNDS} allowed", list.len())));
        }
        Ok(list)
    }

    /// Sets the item of a branch of a grid under the name that the spec chose.
    pub fn enter_item(&mut self, variable: Option<&str>, item: Json) {
        if let Some(variable) = variable {
            self.variables.insert(variable.to_owned(), item);
        }
    }

    /// The items of a grid, of each of which there are so many samples.
    ///
    /// # Errors
    /// As of [`Scope::items`]; when the branches would be more than [`MAX_BRANCHES`].
    pub fn grid(&self, items: &Items, samples: u32) -> Result<Vec<Json>, TemplateError> {
        let list = self.items(items)?;
        let branches = (list.len() as u64).saturating_mul(u64::from(samples));
        match branches > u64::from(MAX_BRANCHES) {
            true => Err(error(format!("{branches} branches are more than the {MAX_BRANCHES} allowed"))),
            false => Ok(list),
        }
    }

    /// Whether an expression is true.
    ///
    /// # Errors
    /// When it gives neither true nor false.
    pub fn holds(&self, expression: &str) -> Result<bool, TemplateError> {
        match template::evaluate(expression, &self.variables)? {
            Json::Bool(holds) => Ok(holds),
            other => Err(error(format!("`{expression}` is {}, neither true nor false", describe(&other)))),
        }
    }

    /// The variables as they stand.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }
}

/// Whether a template says a sign on purpose.
fn says(source: &str, sign: &str) -> bool {
    let raw =
        source.split("{%").skip(1).any(|block| block.trim_start_matches(['-', '+', ' ']).starts_with("raw"));
    raw || ["'", "\""].iter().any(|quote| source.contains(&format!("{quote}{sign}")))
}

/// Whether any text inside a value has a sign in it.
fn holds(value: &Json, sign: &str) -> bool {
    match value {
        Json::String(text) => text.contains(sign),
        Json::Array(items) => items.iter().any(|item| holds(item, sign)),
        Json::Object(fields) => fields.iter().any(|(key, item)| key.contains(sign) || holds(item, sign)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

fn error(message: String) -> TemplateError {
    TemplateError::of(message)
}

/// A word for the kind of a value.
pub(crate) fn describe(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_text_of_a_turn_counts() {
        let mut scope = Scope::new(Variables::new());
        scope.said("reply", "one");
        scope.said("reply", "two");
        assert_eq!(scope.render("{{ turns.reply }}").unwrap(), "two");
    }

    #[test]
    fn a_round_and_its_item_are_forgotten_afterwards() {
        let mut scope = Scope::new(Variables::new());
        scope.enter_round(2, Some("shard"), Json::from("b"));
        assert_eq!(scope.render("{{ round }}{{ shard }}").unwrap(), "2b");
        scope.leave_rounds(Some("shard"));
        assert!(scope.render("{{ round }}").is_err());
        assert!(scope.render("{{ shard }}").is_err());
    }

    #[test]
    fn braces_come_from_data_and_replies_only() {
        let mut scope = Scope::new(Variables::from([
            ("code".to_owned(), Json::from("{{ x }} {% if %} {# y #}")),
            ("brace".to_owned(), Json::from("{")),
        ]));
        assert_eq!(scope.render("Say {{ code }}.").unwrap(), "Say {{ x }} {% if %} {# y #}.");
        assert_eq!(scope.render("{% raw %}{{ a }}{% endraw %}").unwrap(), "{{ a }}");
        assert_eq!(scope.render("{{ '{{' }}").unwrap(), "{{");
        let left = Scope::new(Variables::from([("brace".to_owned(), Json::from("{"))]));
        let error = left.render("{{ brace }}{{ brace }} name }}").unwrap_err();
        assert!(error.message.contains("`{{`") && error.help.is_some(), "{error:?}");
        scope = Scope::new(Variables::new());
        scope.said("reply", "I use {{ name }}.");
        assert_eq!(scope.render("You said: {{ turns.reply }}").unwrap(), "You said: I use {{ name }}.");
    }

    #[test]
    fn only_a_list_gives_rounds() {
        let scope = Scope::new(Variables::from([
            ("list".to_owned(), serde_json::json!(["a", "b"])),
            ("text".to_owned(), Json::from("ab")),
        ]));
        assert_eq!(scope.items(&Items::Over("list".into())).unwrap().len(), 2);
        assert!(scope.items(&Items::Over("text".into())).unwrap_err().message.contains("a text, not a list"));
        assert!(scope.items(&Items::Times(2_000_000)).is_err());
    }
}
