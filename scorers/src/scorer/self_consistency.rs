//! Self-consistency: does a model confirm the object that it reveals, and no other?
//!
//! The test of arXiv:2601.06973: one prefix, in which the model has something in mind that was not said, is continued several times, once
//! with "what is it?" and once per candidate with "is it X?". The five classes have the paper's names; where one ends and the next
//! begins, and what a leak is, is spelt out here by Grice. Answers that do not fit each other are inconsistent answers, and no more is said: newer
//! work reads from hidden states what answers do not show.

use super::{ConfigError, Configure, Reads, Scorer, Wordings, options, polarity};
use crate::reasoning::Reply;
use crate::transcript::{Body, Branch, Role, Turn};
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the object that the turn reveals fits the yes-no answers about each candidate, asked in a fork of their own from the same
/// prefix: `leakage`, `self_consistent`, `over_confirmation`, `state_substitution` or `all_denial`; with `class`, whether it is
/// that one. What is asked about in a branch is the candidate that its question names. Unscored where the turn names no candidate or several,
/// and where an answer is neither yes nor no. Of several reveals and several answers, those with the same number belong together.
/// The self-consistency test of arXiv:2601.06973.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct SelfConsistency {
    /// The live turn to grade: the one that reveals the object, in a fork.
    pub turn: String,
    /// The live turn that answers yes or no, in a fork over the candidates.
    pub answers: String,
    /// The candidates: a list of names, or an object with a list of further wordings per name.
    pub candidates: Wordings,
    /// The class that is looked for; which one it is when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// How what is revealed and what is confirmed fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A reply before the forks named the revealed object and no other candidate: nothing was hidden.
    Leakage,
    /// The revealed object is confirmed, and no other.
    SelfConsistent,
    /// The revealed object is confirmed, and another one, too.
    OverConfirmation,
    /// Another object is confirmed, and the revealed one denied.
    StateSubstitution,
    /// Every candidate is denied.
    AllDenial,
}

impl Class {
    fn word(self) -> &'static str {
        match self {
            Self::Leakage => "leakage",
            Self::SelfConsistent => "self_consistent",
            Self::OverConfirmation => "over_confirmation",
            Self::StateSubstitution => "state_substitution",
            Self::AllDenial => "all_denial",
        }
    }

    /// The class by what was confirmed: the revealed object, and how many in all.
    fn of(revealed: bool, confirmed: usize) -> Self {
        match (revealed, confirmed) {
            (_, 0) => Self::AllDenial,
            (false, _) => Self::StateSubstitution,
            (true, 1) => Self::SelfConsistent,
            (true, _) => Self::OverConfirmation,
        }
    }
}

impl Configure for SelfConsistency {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn turns_beside(&self) -> Vec<&str> {
        vec![&self.answers]
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        if self.class.is_some() { ValueKind::Flag } else { ValueKind::Label }
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        let matcher = self.candidates.matcher("candidates")?;
        if self.candidates.labels().count() < 2 {
            return Err(ConfigError::new("candidates", "there are fewer than two candidates"));
        }
        Ok(Box::new(Judge { matcher, answers: self.answers.clone(), class: self.class }))
    }
}

struct Judge {
    matcher: options::Matcher,
    answers: String,
    class: Option<Class>,
}

impl Scorer for Judge {
    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        match self.judge(view, text) {
            Ok((found, why)) => match self.class {
                None => Outcome::label(found.word()).because(why),
                Some(wanted) => Outcome::flag(found == wanted).because(format!("{}: {why}", found.word())),
            },
            Err(reason) => Outcome::unscored(reason),
        }
    }
}

impl Judge {
    fn judge(&self, view: &View<'_>, text: &str) -> Result<(Class, String), String> {
        let revealed = self.matcher.only(text)?;
        let answers = self.answers(view)?;
        if !answers.contains_key(revealed) {
            return Err(format!("`{}` answers nothing about `{revealed}`", self.answers));
        }
        let confirmed: Vec<&str> = answers.iter().filter(|(_, yes)| **yes).map(|(name, _)| *name).collect();
        let class = match self.leaks(view, revealed) {
            true => Class::Leakage,
            false => Class::of(confirmed.contains(&revealed), confirmed.len()),
        };
        let said = if confirmed.is_empty() { "nothing".to_owned() } else { confirmed.join(", ") };
        Ok((class, format!("revealed {revealed}, confirmed {said}")))
    }

    /// What was answered about each candidate that was asked about.
    fn answers(&self, view: &View<'_>) -> Result<BTreeMap<&str, bool>, String> {
        let mut asked: BTreeMap<&str, Vec<&Branch>> = BTreeMap::new();
        let branches = view.beside(&self.answers);
        if branches.is_empty() {
            return Err(format!("there is no `{}` beside it", self.answers));
        }
        for branch in branches {
            if Some(branch.after) != view.prefix() {
                return Err(format!("`{}` does not continue the same prefix", self.answers));
            }
            let question = branch.turns.iter().take_while(|turn| !self.is_answer(turn));
            let question = question.filter(|turn| turn.role == Role::User).last();
            let text = question.and_then(|turn| turn.text()).unwrap_or_default();
            let candidate = self.matcher.only(text).map_err(|why| format!("of a question, {why}"))?;
            asked.entry(candidate).or_default().push(branch);
        }
        let sample = view.place().branch.unwrap_or(0) as usize;
        let mut answers = BTreeMap::new();
        for (candidate, branches) in asked {
            let branch = branches.get(sample % branches.len().max(1));
            let answer = branch.and_then(|branch| branch.turns.iter().find(|turn| self.is_answer(turn)));
            let text = answer.and_then(|turn| turn.text()).unwrap_or_default();
            let reply = Reply::of(text);
            let said = reply.answer().map_err(|none| format!("about `{candidate}`, {none}"))?;
            let yes = polarity::polarity(said).map_err(|why| format!("about `{candidate}`, {why}"))?;
            answers.insert(candidate, yes);
        }
        Ok(answers)
    }

    fn is_answer(&self, turn: &Turn) -> bool {
        turn.name.as_deref() == Some(&self.answers)
    }

    /// Whether a reply on the main line gave the object away.
    fn leaks(&self, view: &View<'_>, revealed: &str) -> bool {
        let prefix = view.before().iter().take(view.prefix().unwrap_or(0));
        let mut replies =
            prefix.filter(|turn| turn.speaker.is_model() && matches!(turn.body, Body::Generated { .. }));
        replies.any(|turn| turn.said().is_some_and(|said| self.matcher.only(&said) == Ok(revealed)))
    }
}

#[cfg(test)]
mod tests {
    use crate::scorer::tests::{error, parse};
    use crate::scorer::{CutOff, Graded, grade};
    use crate::transcript::{Branch, Role, Transcript, Turn};
    use crate::{FailureKind, Outcome, Value, transcript::Body};
    use serde_json::{Value as Json, json};

    const CANDIDATES: [&str; 3] = ["dog", "cat", "horse"];

    fn branch(fork: &str, index: u32, after: usize, question: &str, name: &str, reply: &str) -> Branch {
        let turns = vec![Turn::scripted(Role::User, question), Turn::generated(name, reply)];
        Branch { fork: fork.into(), round: None, index, after, turns }
    }

    fn game(ready: &str, reveal: &str, answers: [&str; 3]) -> Transcript {
        let turns = vec![
            Turn::scripted(Role::User, "Think of a dog, a cat or a horse."),
            Turn::generated("ready", ready),
        ];
        let mut branches: Vec<Branch> = (0..)
            .zip(CANDIDATES.iter().zip(answers))
            .map(|(index, (name, answer))| {
                branch("ask", index, 2, &format!("Is it the {name}?"), "answer", answer)
            })
            .collect();
        branches.push(branch("reveal", 0, 2, "What is it?", "guess", reveal));
        Transcript { turns, branches }
    }

    fn config(class: Option<&str>) -> Json {
        let mut config =
            json!({"self_consistency": {"turn": "guess", "answers": "answer", "candidates": CANDIDATES}});
        if let Some(class) = class {
            config["self_consistency"]["class"] = json!(class);
        }
        config
    }

    fn graded(config: &Json, transcript: &Transcript) -> Vec<Graded> {
        let config = parse(config);
        grade(&*config.build().unwrap(), config.parameters(), transcript, CutOff::Unscored)
    }

    fn class(ready: &str, reveal: &str, answers: [&str; 3]) -> Result<String, String> {
        match graded(&config(None), &game(ready, reveal, answers)).remove(0).outcome {
            Outcome::Scored { value: Value::Label(label), .. } => Ok(label),
            Outcome::Unscored { reason } => Err(reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn five_classes() {
        let found = |ready, answers| class(ready, "A cat.", answers).unwrap();
        assert_eq!(found("Ready.", ["No.", "Yes.", "No."]), "self_consistent");
        assert_eq!(found("Ready.", ["Yes.", "Yes.", "No."]), "over_confirmation");
        assert_eq!(found("Ready.", ["Yes.", "No.", "No."]), "state_substitution");
        assert_eq!(found("Ready.", ["Yes.", "No.", "Yes."]), "state_substitution");
        assert_eq!(found("Ready.", ["No.", "No.", "No."]), "all_denial");
        assert_eq!(found("I took the cat.", ["No.", "No.", "No."]), "leakage");
        // Whoever repeats the list gives nothing away, nor does a name that is not the revealed one.
        assert_eq!(found("A dog, a cat or a horse: done.", ["No.", "Yes.", "No."]), "self_consistent");
        assert_eq!(found("I took the dog.", ["No.", "Yes.", "No."]), "self_consistent");
    }

    #[test]
    fn one_class_can_be_looked_for() {
        let game = game("Ready.", "A cat.", ["No.", "Yes.", "No."]);
        let yes = Outcome::flag(true).because("self_consistent: revealed cat, confirmed cat");
        assert_eq!(graded(&config(Some("self_consistent")), &game)[0].outcome, yes);
        let no = Outcome::flag(false).because("self_consistent: revealed cat, confirmed cat");
        assert_eq!(graded(&config(Some("all_denial")), &game)[0].outcome, no);
    }

    #[test]
    fn what_cannot_be_told_is_unscored() {
        assert_eq!(class("Ready.", "A cow.", ["No."; 3]).unwrap_err(), "none of the options is named");
        assert_eq!(
            class("Ready.", "A cat.", ["No.", "Perhaps.", "No."]).unwrap_err(),
            "about `cat`, the answer is neither yes nor no"
        );
        let mut fewer = game("Ready.", "A horse.", ["No."; 3]);
        fewer.branches.remove(2);
        let outcome = graded(&config(None), &fewer).remove(0).outcome;
        assert_eq!(outcome, Outcome::unscored("`answer` answers nothing about `horse`"));
        let mut elsewhere = game("Ready.", "A cat.", ["No."; 3]);
        elsewhere.branches[0].after = 1;
        let outcome = graded(&config(None), &elsewhere).remove(0).outcome;
        assert_eq!(outcome, Outcome::unscored("`answer` does not continue the same prefix"));
    }

    #[test]
    fn a_failed_answer_is_no_denial() {
        let mut game = game("Ready.", "A cat.", ["No.", "Yes.", "No."]);
        game.branches[0].turns[1].body =
            Body::Failed { kind: FailureKind::Timeout, message: "too slow".into() };
        assert_eq!(graded(&config(None), &game)[0].outcome, Outcome::Failed { kind: FailureKind::Timeout });
    }

    #[test]
    fn samples_belong_together_by_number() {
        let mut two = game("Ready.", "A cat.", ["No.", "Yes.", "No."]);
        for (index, name, answer) in [(0, "dog", "Yes."), (1, "cat", "No."), (2, "horse", "No.")] {
            two.branches
                .insert(3, branch("ask", 3 + index, 2, &format!("Is it the {name}?"), "answer", answer));
        }
        two.branches.push(branch("reveal", 1, 2, "What is it?", "guess", "A cat."));
        let labels: Vec<Outcome> = graded(&config(None), &two).into_iter().map(|one| one.outcome).collect();
        assert_eq!(labels[0], Outcome::label("self_consistent").because("revealed cat, confirmed cat"));
        assert_eq!(labels[1], Outcome::label("state_substitution").because("revealed cat, confirmed dog"));
    }

    #[test]
    fn one_candidate_is_no_test() {
        let alone =
            json!({"self_consistency": {"turn": "guess", "answers": "answer", "candidates": ["dog"]}});
        assert_eq!(error(&alone).parameter, "candidates");
    }
}
