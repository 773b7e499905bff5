//! Consistency with a table of facts: can the object named at the end have been meant all along?
//!
//! The game of twenty questions in Shanahan, McDonell and Reynolds 2023 ("Role play with large
//! language models", arXiv:2305.16367, section on superposition): a model that has not committed to
//! an object still answers so that some object fits. The object it reveals is consistent when the
//! table agrees with every yes-no answer that it gave.
//!
//! One answer that is neither yes nor no leaves the grade open, even where another answer already
//! contradicts the object: to count the contradicted ones and drop only those that might be
//! consistent would push the share of consistent reveals down.

use super::text::plain;
use super::{ConfigError, Configure, Wordings, Reads, Scorer, options, polarity};
use crate::names::nearest;
use crate::reasoning::Reply;
use crate::{Outcome, Turn, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Whether the object that the turn names agrees with the yes-no answers given in earlier rounds,
/// by a table of facts. Unscored where no object is named or several are, where no answer precedes,
/// and where an answer is neither yes nor no.
/// The game of twenty questions in Shanahan et al. 2023 (arXiv:2305.16367).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct FactConsistency {
    /// The live turn to grade: the one that names the object.
    pub turn: String,
    /// The objects: a list of names, or an object with a list of further wordings per name. The
    /// names in the table when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Wordings>,
    /// The table: a list of objects, each with a `name` and a column per property, whose values are
    /// yes or no (also true, false, 1, 0).
    pub facts: Vec<Map<String, Json>>,
    /// The live turn that answers the questions, one per round.
    pub answers: String,
    /// The property that is asked about in round 1, 2, and so on.
    pub properties: Vec<String>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

impl FactConsistency {
    fn name(row: &Map<String, Json>) -> Option<&str> {
        row.get("name").and_then(Json::as_str)
    }

    /// The asked properties of every object, by its folded name.
    fn table(&self) -> Result<BTreeMap<String, Vec<bool>>, ConfigError> {
        let mut table = BTreeMap::new();
        for (index, row) in self.facts.iter().enumerate() {
            let place = format!("facts[{index}]");
            let name = Self::name(row).ok_or_else(|| ConfigError::new(&place, "there is no `name`"))?;
            let values = self.properties.iter().map(|property| fact(row, property, &place));
            if table.insert(plain(name), values.collect::<Result<_, _>>()?).is_some() {
                return Err(ConfigError::new(place, format!("`{name}` is there twice")));
            }
        }
        Ok(table)
    }
}

/// One cell of the table.
fn fact(row: &Map<String, Json>, property: &str, place: &str) -> Result<bool, ConfigError> {
    let Some(cell) = row.get(property) else {
        let near = nearest(property, row.keys().map(String::as_str));
        let error = ConfigError::new(place, format!("there is no `{property}`"));
        return Err(match near {
            Some(near) => error.with_help(format!("did you mean `{near}`?")),
            None => error,
        });
    };
    let word = match cell {
        Json::String(word) => plain(word),
        other => other.to_string(),
    };
    match word.as_str() {
        "yes" | "y" | "true" | "1" => Ok(true),
        "no" | "n" | "false" | "0" => Ok(false),
        _ => Err(ConfigError::new(format!("{place}.{property}"), format!("{cell} is neither yes nor no"))),
    }
}

impl Configure for FactConsistency {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn other_turns(&self) -> Vec<&str> {
        vec![&self.answers]
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        if self.properties.is_empty() {
            return Err(ConfigError::new("properties", "the list is empty"));
        }
        let table = self.table()?;
        let names = || Wordings::of(self.facts.iter().filter_map(Self::name));
        let options = self.options.clone().unwrap_or_else(names);
        if let Some(unknown) = options.labels().find(|label| !table.contains_key(&plain(label))) {
            return Err(ConfigError::new("options", format!("there are no facts about `{unknown}`")));
        }
        let matcher = options.matcher(if self.options.is_some() { "options" } else { "facts" })?;
        let (answers, properties) = (self.answers.clone(), self.properties.clone());
        Ok(Box::new(Judge { matcher, table, answers, properties }))
    }
}

struct Judge {
    matcher: options::Matcher,
    table: BTreeMap<String, Vec<bool>>,
    answers: String,
    properties: Vec<String>,
}

impl Scorer for Judge {
    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        match self.judge(view, text) {
            Ok((consistent, why)) => Outcome::flag(consistent).because(why),
            Err(reason) => Outcome::unscored(reason),
        }
    }
}

impl Judge {
    fn judge(&self, view: &View<'_>, text: &str) -> Result<(bool, String), String> {
        let object = self.matcher.only(text)?;
        let answers = view.earlier(&self.answers);
        if answers.is_empty() {
            return Err(format!("no `{}` precedes", self.answers));
        }
        let facts = self.table.get(&plain(object)).ok_or("there are no facts about the object")?;
        let mut contradictions = Vec::new();
        for (position, answer) in answers.iter().enumerate() {
            let (round, said) = Self::said(position, answer)?;
            let asked =
                round.checked_sub(1).and_then(|index| facts.get(index).zip(self.properties.get(index)));
            let (fact, property) =
                asked.ok_or_else(|| format!("round {round} asks about no known property"))?;
            if *fact != said {
                contradictions.push(format!("{property} (round {round})"));
            }
        }
        let consistent = contradictions.is_empty();
        let why = if consistent { "fits every answer".to_owned() } else { contradictions.join(", ") };
        Ok((consistent, format!("{object}: {why}")))
    }

    /// The round of an answer, from 1, and whether it says yes.
    fn said(position: usize, answer: &Turn) -> Result<(usize, bool), String> {
        let round = answer.round.map_or(position + 1, |round| round as usize);
        let text = answer.text().ok_or_else(|| format!("round {round} has no answer"))?;
        let reply = Reply::of(text);
        let answer = reply.answer().map_err(|none| format!("round {round}: {none}"))?;
        let said = polarity::polarity(answer).map_err(|reason| format!("round {round}: {reason}"))?;
        Ok((round, said))
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, outcome};
    use crate::{Outcome, Turn, Value};
    use serde_json::{Value as Json, json};

    fn scorer() -> Json {
        json!({"fact_consistency": {
            "turn": "guess", "options": {"cat": ["kitten"], "trout": [], "car": []}, "answers": "step",
            "properties": ["alive", "swims"],
            "facts": [
                {"name": "Cat", "alive": "yes", "swims": "no", "legs": 4},
                {"name": "trout", "alive": true, "swims": 1, "legs": 0},
                {"name": "car", "alive": "FALSE", "swims": 0, "legs": 0},
            ],
        }})
    }

    fn graded(answers: &[&str], guess: &str) -> Result<bool, String> {
        let mut turns: Vec<Turn> = answers.iter().map(|text| Turn::generated("step", *text)).collect();
        turns.push(Turn::generated("guess", guess));
        match outcome(&scorer(), &turns) {
            Outcome::Scored { value: Value::Flag(flag), .. } => Ok(flag),
            Outcome::Unscored { reason } => Err(reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_object_has_to_fit_every_answer() {
        assert_eq!(graded(&["Yes.", "No, it does not."], "It is a cat."), Ok(true));
        assert_eq!(graded(&["Yes.", "Yes."], "It is a cat."), Ok(false));
        assert_eq!(graded(&["Yes."], "A kitten!"), Ok(true));
        assert_eq!(graded(&["No."], "A car."), Ok(true));
        assert_eq!(graded(&["Yes", "Yes"], "trout"), Ok(true));
    }

    #[test]
    fn what_cannot_be_judged_is_unscored() {
        assert_eq!(graded(&["Yes."], "A dog.").unwrap_err(), "none of the options is named");
        assert!(graded(&["Yes."], "A cat or a car.").unwrap_err().starts_with("several options"));
        assert_eq!(graded(&[], "A cat.").unwrap_err(), "no `step` precedes");
        // Unscored although the first answer already contradicts the object: see the module.
        assert_eq!(
            graded(&["No.", "Maybe."], "A cat.").unwrap_err(),
            "round 2: the answer is neither yes nor no"
        );
        assert_eq!(
            graded(&["Yes.", "No.", "No."], "A cat.").unwrap_err(),
            "round 3 asks about no known property"
        );
    }

    #[test]
    fn rounds_are_those_of_the_repetition() {
        let answer = Turn { round: Some(2), ..Turn::generated("step", "Yes.") };
        let outcome = outcome(&scorer(), &[answer, Turn::generated("guess", "A cat.")]);
        assert_eq!(outcome, Outcome::flag(false).because("cat: swims (round 2)"));
    }

    #[test]
    fn the_table_is_checked() {
        let with = |key: &str, value: Json| {
            let mut changed = scorer();
            changed["fact_consistency"][key] = value;
            let error = error(&changed);
            (error.parameter, error.message)
        };
        let (place, message) = with("properties", json!(["alive", "swim"]));
        assert_eq!(
            (place.as_str(), message.as_str()),
            ("facts[0]", "there is no `swim`")
        );
        assert_eq!(with("properties", json!(["legs"])).0, "facts[0].legs");
        assert_eq!(with("properties", json!([])).0, "properties");
        assert_eq!(with("options", json!(["cat", "dog"])).1, "there are no facts about `dog`");
        assert_eq!(with("facts", json!([{"alive": 1}])).1, "there is no `name`");
    }
}
