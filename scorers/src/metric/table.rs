//! The grades of one probe as columns of numbers, and the language that selects from them.

use crate::{Outcome, Place, Value, ValueKind};
use indexmap::{IndexMap, IndexSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// One grade without its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grade {
    /// A flag (0 or 1) or a quantity.
    Number(f64),
    /// Index into [`Column::labels`].
    Label(u32),
    /// The scorer could not say.
    Unscored,
    /// A generation that the grade needs failed.
    Failed,
}

/// One grade and where it belongs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// Index of the cluster: the minimal pair of the case, or else the case.
    pub cluster: u32,
    /// Index of the case.
    pub case: u32,
    /// Index into [`Table::arms`].
    pub arm: u32,
    /// Sample of the case, from 0.
    pub sample: u32,
    /// Where it stands in its trial.
    pub place: Place,
    /// The grade.
    pub grade: Grade,
}

/// A trial of a probe: indices of its case and its arm, and its sample.
pub type Trial = (u32, u32, u32);

impl Observation {
    /// The trial that it is of.
    pub fn trial(&self) -> Trial {
        (self.case, self.arm, self.sample)
    }

    /// Where it belongs among the grades of its score.
    pub fn key(&self) -> (Trial, Place) {
        (self.trial(), self.place)
    }
}

/// All grades that one score of the spec gave.
#[derive(Clone, Debug)]
pub struct Column {
    /// What kind of grade.
    pub kind: ValueKind,
    /// The labels that occur, in order of first occurrence.
    pub labels: IndexSet<String>,
    /// The grades, in the order of the record.
    pub observations: Vec<Observation>,
}

impl Column {
    /// An empty column.
    pub fn new(kind: ValueKind) -> Self {
        Self { kind, labels: IndexSet::new(), observations: Vec::new() }
    }

    /// The number or label index of an outcome, entering new labels.
    pub fn grade(&mut self, outcome: &Outcome) -> Grade {
        match outcome {
            Outcome::Scored { value: Value::Label(label), .. } => {
                Grade::Label(self.labels.insert_full(label.clone()).0 as u32)
            }
            Outcome::Scored { value, .. } => value.as_number().map_or(Grade::Unscored, Grade::Number),
            Outcome::Unscored { .. } => Grade::Unscored,
            Outcome::Failed { .. } => Grade::Failed,
        }
    }
}

/// All grades of one probe.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Names of the arms, in the order of the spec; a probe without arms has one with an empty name.
    pub arms: Vec<String>,
    /// How many clusters there are; cluster indices are below it.
    pub clusters: u32,
    /// A column per score.
    pub columns: IndexMap<String, Column>,
}

/// Chooses grades: `score`, `score@arm`, `score#3` (third round) or `score@arm#3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct Selector {
    /// Name of the score.
    pub score: String,
    /// Only this arm.
    pub arm: Option<String>,
    /// Only this round, from 1.
    pub round: Option<u32>,
}

impl Selector {
    /// Whether it chooses a grade of its score; `arms` are the names of the arms by their indices.
    pub fn chooses(&self, arms: &[String], grade: &Observation) -> bool {
        let arm = arms.get(grade.arm as usize).map_or("", String::as_str);
        self.reads(arm, grade.place.round)
    }

    /// Whether it chooses the grades of its score in an arm and a round.
    pub fn reads(&self, arm: &str, round: Option<u32>) -> bool {
        self.arm.as_deref().is_none_or(|own| own == arm) && self.round.is_none_or(|own| round == Some(own))
    }
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, round) = match text.split_once('#') {
            Some((rest, round)) => {
                let round = round.parse().ok().filter(|round| *round > 0);
                (rest, Some(round.ok_or_else(|| format!("`{text}`: after `#` stands a round, from 1"))?))
            }
            None => (text, None),
        };
        let (score, arm) = match rest.split_once('@') {
            Some((score, arm)) => (score, Some(arm.to_owned())),
            None => (rest, None),
        };
        if score.is_empty() || arm.as_deref() == Some("") {
            return Err(format!("`{text}`: write `score`, `score@arm`, `score#round` or `score@arm#round`"));
        }
        Ok(Self { score: score.to_owned(), arm, round })
    }
}

impl TryFrom<String> for Selector {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.to_string()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.score)?;
        if let Some(arm) = &self.arm {
            write!(formatter, "@{arm}")?;
        }
        if let Some(round) = self.round {
            write!(formatter, "#{round}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    #[test]
    fn selectors_name_score_arm_and_round() {
        let parse = |text: &str| {
            text.parse::<Selector>().map(|selector| (selector.score, selector.arm, selector.round))
        };
        let of =
            |score: &str, arm: Option<&str>, round| Ok((score.to_owned(), arm.map(str::to_owned), round));
        assert_eq!(parse("asks"), of("asks", None, None));
        assert_eq!(parse("asks@clear"), of("asks", Some("clear"), None));
        assert_eq!(parse("asks#3"), of("asks", None, Some(3)));
        assert_eq!(parse("asks@clear#3"), of("asks", Some("clear"), Some(3)));
        for wrong in ["", "@clear", "asks@", "asks#", "asks#0", "asks#-1", "asks#x", "asks#1#2", "#1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn outcomes_become_grades_without_text() {
        let mut column = Column::new(ValueKind::Label);
        let grades: Vec<Grade> =
            ["cat", "dog", "cat"].iter().map(|name| column.grade(&Outcome::label(*name))).collect();
        assert_eq!(grades, [Grade::Label(0), Grade::Label(1), Grade::Label(0)]);
        assert_eq!(column.grade(&Outcome::flag(true)), Grade::Number(1.0));
        assert_eq!(column.grade(&Outcome::number(f64::NAN)), Grade::Unscored);
        assert_eq!(column.grade(&Outcome::Failed { kind: FailureKind::Timeout }), Grade::Failed);
    }
}
