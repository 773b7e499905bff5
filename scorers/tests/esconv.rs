//! Agreement of the grounding-act rules with human labels: the development split of ESConv (Liu et
//! al., ACL 2021), whose annotators gave each supporter turn one strategy.
//!
//! The strategies are not the acts: "Questions" takes in clarifications and follow-ups alike, and a
//! turn with several acts has one label. The bounds below are what was measured, rounded down; they
//! guard against losing agreement, and say plainly how much there is.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are for the reader of the test")]

use scorers::scorer::{CutOff, Scorer, ScorerConfig, grade};
use scorers::{Role, Transcript, Turn, Value};
use serde_json::{Value as Json, json};
use std::path::Path;

/// One labelled turn of a supporter in its dialogue.
struct Labelled {
    transcript: Transcript,
    strategy: String,
}

fn read() -> Option<Vec<Labelled>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/esconv-dev.jsonl");
    let text = std::fs::read_to_string(&path).ok()?;
    let turn = |said: &Json| {
        let role = if said["role"] == "seeker" { Role::User } else { Role::Assistant };
        Turn::scripted(role, said["text"].as_str().unwrap_or_default())
    };
    let labelled = text.lines().filter_map(|line| {
        let entry: Json = serde_json::from_str(line).ok()?;
        let mut turns: Vec<Turn> = entry["context"].as_array()?.iter().map(turn).collect();
        turns.push(Turn::generated("reply", entry["reply"].as_str()?));
        let strategy = entry["strategy"].as_str()?.to_owned();
        Some(Labelled { transcript: Transcript { turns, branches: Vec::new() }, strategy })
    });
    Some(labelled.collect())
}

/// A fourfold table of rule against label.
#[derive(Debug, Default)]
struct Agreement {
    both: f64,
    rule_only: f64,
    label_only: f64,
    neither: f64,
}

impl Agreement {
    fn n(&self) -> f64 {
        self.both + self.rule_only + self.label_only + self.neither
    }

    /// Cohen's kappa (1960, doi:10.1177/001316446002000104): agreement beyond chance.
    fn kappa(&self) -> f64 {
        let n = self.n();
        let observed = (self.both + self.neither) / n;
        let (rule, label) = ((self.both + self.rule_only) / n, (self.both + self.label_only) / n);
        let expected = rule * label + (1.0 - rule) * (1.0 - label);
        (observed - expected) / (1.0 - expected)
    }

    fn precision(&self) -> f64 {
        self.both / (self.both + self.rule_only)
    }

    fn recall(&self) -> f64 {
        self.both / (self.both + self.label_only)
    }

    fn print(&self, name: &str) {
        println!(
            "{name}: kappa {:.3}, precision {:.3}, recall {:.3}, n {}",
            self.kappa(),
            self.precision(),
            self.recall(),
            self.n()
        );
    }
}

/// Tabulates whether a turn is found against whether its strategy is one of those given.
fn tabulate(data: &[Labelled], strategies: &[&str], finds: impl Fn(&Transcript) -> bool) -> Agreement {
    let mut table = Agreement::default();
    for one in data {
        let cell = match (finds(&one.transcript), strategies.contains(&one.strategy.as_str())) {
            (true, true) => &mut table.both,
            (true, false) => &mut table.rule_only,
            (false, true) => &mut table.label_only,
            (false, false) => &mut table.neither,
        };
        *cell += 1.0;
    }
    table
}

/// Tabulates whether any of the acts is found.
fn agreement(data: &[Labelled], acts: &[&str], strategies: &[&str]) -> Agreement {
    let parts: Vec<Json> =
        acts.iter().map(|act| json!({"grounding_act": {"turn": "reply", "act": act}})).collect();
    let config = ScorerConfig::from_value(&json!({"any": {"of": parts}})).expect("a scorer");
    let scorer: Box<dyn Scorer> = config.build().expect("parameters that make sense");
    tabulate(data, strategies, |transcript| {
        let graded = grade(scorer.as_ref(), config.parameters(), transcript, CutOff::Graded);
        graded.iter().any(|grade| grade.outcome.value() == Some(&Value::Flag(true)))
    })
}

#[test]
fn the_rules_agree_with_human_labels() {
    let Some(data) = read() else {
        eprintln!("SKIPPED: the ESConv development split is not at hand");
        return;
    };
    assert_eq!(data.len(), 2984);

    let questions = agreement(&data, &["clarification", "follow_up"], &["Questions"]);
    questions.print("questions");
    // For comparison: a bare question mark. It loses nothing by counting greetings, which the
    // annotators call questions too, and which the rules leave out on purpose.
    let marks = tabulate(&data, &["Questions"], |transcript| {
        transcript.turns.last().and_then(Turn::text).is_some_and(|text| text.contains('?'))
    });
    marks.print("bare question marks");
    let receipt = ["Restatement or Paraphrasing", "Reflection of feelings", "Affirmation and Reassurance"];
    let acknowledgements = agreement(&data, &["acknowledgement"], &receipt);
    acknowledgements.print("acknowledgements");

    // Measured: kappa 0.566, precision 0.545, recall 0.877; a bare mark has kappa 0.534. Most of
    // what costs precision is questions in turns that the annotators labelled by another act.
    assert!(questions.kappa() >= 0.55 && questions.recall() >= 0.85, "{questions:?}");
    assert!(questions.kappa() > marks.kappa());
    // Measured: kappa 0.296, precision 0.551, recall 0.438. Affirmation takes in encouragement
    // ("you can do it"), which takes nothing in.
    assert!(acknowledgements.kappa() >= 0.28 && acknowledgements.precision() >= 0.53, "{acknowledgements:?}");
}
