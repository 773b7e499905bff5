//! Agreement of a scorer with labels: what the tests on labelled dialogues share.

#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "each test uses some of it; the figures are for its reader"
)]

use scorers::scorer::{CutOff, Scorer, ScorerConfig, grade};
use scorers::{Role, Transcript, Turn, Value};
use serde_json::{Value as Json, json};
use std::path::Path;

/// The lines of a file of labelled dialogues that lies beside the checkout; none where it is absent.
pub(crate) fn shared(name: &str) -> Option<Vec<Json>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    let text = std::fs::read_to_string(path).ok()?;
    Some(lines(&text))
}

/// JSON lines.
pub(crate) fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// The dialogue of an entry with `context` and `reply`; the reply is the live turn `reply`.
pub(crate) fn dialogue(entry: &Json) -> Transcript {
    let turn = |said: &Json| {
        let role = match said["role"].as_str() {
            Some("user" | "seeker") => Role::User,
            Some("system") => Role::System,
            _ => Role::Assistant,
        };
        Turn::scripted(role, said["text"].as_str().unwrap_or_default())
    };
    let context = entry["context"].as_array().expect("an entry has a context");
    let mut turns: Vec<Turn> = context.iter().map(turn).collect();
    turns.push(Turn::generated("reply", entry["reply"].as_str().expect("an entry has a reply")));
    Transcript { turns, branches: Vec::new() }
}

/// Whether a scorer's flag holds for the live turn `reply`.
pub(crate) fn holds(scorer: &Json) -> impl Fn(&Transcript) -> bool + use<> {
    let config = ScorerConfig::from_value(scorer).expect("a scorer");
    let built: Box<dyn Scorer> = config.build().expect("parameters that make sense");
    move |transcript| {
        let graded = grade(built.as_ref(), config.parameters(), transcript, CutOff::Graded);
        graded.iter().any(|grade| grade.outcome.value() == Some(&Value::Flag(true)))
    }
}

/// Whether a reply performs an act.
pub(crate) fn performs(act: &str) -> impl Fn(&Transcript) -> bool + use<> {
    holds(&json!({"grounding_act": {"turn": "reply", "act": act}}))
}

/// A fourfold table of rule against label.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    pub(crate) both: f64,
    pub(crate) rule_only: f64,
    pub(crate) label_only: f64,
    pub(crate) neither: f64,
}

impl Agreement {
    /// Tabulates pairs of what the rule says and what the label says.
    pub(crate) fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut table = Self::default();
        for pair in pairs {
            let cell = match pair {
                (true, true) => &mut table.both,
                (true, false) => &mut table.rule_only,
                (false, true) => &mut table.label_only,
                (false, false) => &mut table.neither,
            };
            *cell += 1.0;
        }
        table
    }

    fn n(&self) -> f64 {
        self.both + self.rule_only + self.label_only + self.neither
    }

    /// Cohen's kappa (1960, doi:10.1177/001316446002000104): agreement beyond chance.
    pub(crate) fn kappa(&self) -> f64 {
        let n = self.n();
        let observed = (self.both + self.neither) / n;
        let (rule, label) = ((self.both + self.rule_only) / n, (self.both + self.label_only) / n);
        let expected = rule * label + (1.0 - rule) * (1.0 - label);
        (observed - expected) / (1.0 - expected)
    }

    pub(crate) fn precision(&self) -> f64 {
        self.both / (self.both + self.rule_only)
    }

    pub(crate) fn recall(&self) -> f64 {
        self.both / (self.both + self.label_only)
    }

    /// The harmonic mean of precision and recall.
    pub(crate) fn f1(&self) -> f64 {
        2.0 * self.both / (2.0 * self.both + self.rule_only + self.label_only)
    }

    pub(crate) fn print(&self, name: &str) {
        println!(
            "{name}: precision {:.3}, recall {:.3}, F1 {:.3}, kappa {:.3}, labelled {}, n {}",
            self.precision(),
            self.recall(),
            self.f1(),
            self.kappa(),
            self.both + self.label_only,
            self.n()
        );
    }
}
