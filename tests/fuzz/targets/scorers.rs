//! Every scorer on any dialogue: a scorer as JSON in the first line, then a turn a line.
//!
//! `s`, `u` and `a` are the scripted turns of system, user and assistant, `m` the model's, `c` one that was cut off, `x` one
//! that failed, `b` the model's in a branch, `1` to `3` its turn `answer` in that round. `\n` in a line is a line break of the turn.

use scorers::{
    Body, Branch, FailureKind, Outcome, Role, StopReason, Transcript, Turn, Value,
    scorer::{CutOff, ScorerConfig, copies, grade},
    template::Variables,
};

pub(super) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n');
    let Ok(value) = serde_json::from_str(lines.next().unwrap_or_default()) else { return };
    let filled = ScorerConfig::fill(&value, &Variables::new());
    let (config, errors) = ScorerConfig::read(&filled.value);
    let Some(config) = config.filter(|_| errors.is_empty()) else {
        return assert!(!errors.is_empty(), "refused without a word");
    };
    let parameters = config.parameters();
    let Ok(scorer) = config.build() else {
        return assert!(!parameters.errors().is_empty(), "refused without a word");
    };
    let transcript = transcript(lines, parameters.turn());
    let _ = copies(&transcript);
    for cut_off in [CutOff::Unscored, CutOff::Graded] {
        for graded in grade(scorer.as_ref(), parameters, &transcript, cut_off) {
            if let Outcome::Scored { value: Value::Number(number), .. } = graded.outcome {
                assert!(number.is_finite(), "{number} is no grade");
            }
        }
    }
}

fn transcript<'a>(lines: impl Iterator<Item = &'a str>, name: &str) -> Transcript {
    let mut transcript = Transcript::default();
    for line in lines {
        let Some((kind, text)) = line.split_once(' ') else { continue };
        let text = text.replace("\\n", "\n");
        let turn = match kind {
            "s" => Turn::scripted(Role::System, text),
            "u" => Turn::scripted(Role::User, text),
            "a" => Turn::scripted(Role::Assistant, text),
            "c" => {
                let stop = StopReason::Length;
                let body = Body::Generated {
                    text,
                    stop,
                    prompt_tokens: 1,
                    completion_tokens: 1,
                    weights: Vec::new(),
                    whole: None,
                };
                Turn { body, ..Turn::generated(name, "") }
            }
            "x" => {
                let body = Body::Failed { kind: FailureKind::Timeout, message: text };
                Turn { body, ..Turn::generated(name, "") }
            }
            "b" => {
                let (after, index) = (transcript.turns.len(), transcript.branches.len() as u32);
                let turns = vec![Turn::generated(name, text)];
                let branch = Branch { fork: "fork".to_owned(), round: None, index, after, turns };
                transcript.branches.push(branch);
                continue;
            }
            "1" | "2" | "3" => {
                let round = kind.parse().ok();
                Turn { round, ..Turn::generated("answer", text) }
            }
            _ => Turn::generated(name, text),
        };
        transcript.turns.push(turn);
    }
    transcript
}
