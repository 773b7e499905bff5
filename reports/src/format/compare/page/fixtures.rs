//! Transcripts for the page of the shared comparison.

use crate::{
    format::compare::{
        fixtures::HOSTILE,
        shown_transcripts::{ShownTranscripts, SideTranscripts},
    },
    record::{CaseRecord, Header, ScoreRecord, TrialKey, TrialRecord},
};
use scorers::{Branch, Role, Transcript, Turn};
use serde_json::json;

/// The transcripts of the discordant trials of the comparison that a gate stops: one with forks, one said by somebody hostile. The head
/// holds grades only for the second.
pub(in crate::format) fn shown_transcripts() -> ShownTranscripts {
    let header = header();
    let base = vec![
        transcript("letter-1", "ambiguous", 0, "To whom is it, please?", ["a cat", "a dog"]),
        transcript(HOSTILE, "", 3, SAID, ["x", SAID]),
    ];
    let head = vec![transcript(
        "letter-1",
        "ambiguous",
        0,
        "To whom it may concern, please: done.",
        ["a cat", "an owl"],
    )];
    let base = SideTranscripts::of(&header, base).expect("the header knows them");
    let head = SideTranscripts::of(&header, head).expect("the header knows them");
    ShownTranscripts { base, heads: vec![head] }
}

/// What a hostile model says.
const SAID: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u{202e}desrever";

fn header() -> Header {
    let mut header = crate::format::fixtures::passing().record.header;
    let probe = &mut header.probes[0];
    probe.id = "grounding.request".to_owned();
    probe.arms.insert(String::new(), Default::default());
    let scorer = json!({"includes": {"turn": "reply", "text": "?"}});
    let dog = json!({"includes": {"turn": "answer", "text": "dog"}});
    let arms: Vec<String> = probe.arms.keys().cloned().collect();
    let score = |scorer| ScoreRecord { scorer, arms: arms.clone(), cut_off: scorers::scorer::CutOff::Graded };
    probe.scores = [("asked".to_owned(), score(scorer)), ("dog".to_owned(), score(dog))].into();
    let case = |id: &str, arm: Option<&str>| CaseRecord {
        id: id.to_owned(),
        pair: None,
        arm: arm.map(str::to_owned),
        variables: Default::default(),
    };
    probe.cases = vec![case("letter-1", Some("ambiguous")), case(HOSTILE, Some(""))];
    header
}

fn transcript(case: &str, arm: &str, sample: u32, reply: &str, answers: [&str; 2]) -> TrialRecord {
    let key = TrialKey {
        probe: "grounding.request".to_owned(),
        case: case.to_owned(),
        arm: arm.to_owned(),
        sample,
    };
    let turns = vec![
        Turn::scripted(Role::System, "You write letters."),
        Turn::scripted(Role::User, "Write a letter for me."),
        Turn::generated("reply", reply),
    ];
    let branches = (0..).zip(answers).map(|(index, answer)| Branch {
        fork: "reveal".to_owned(),
        round: None,
        index,
        after: 3,
        turns: vec![Turn::scripted(Role::User, "What is it?"), Turn::generated("answer", answer)],
    });
    TrialRecord { key, transcript: Transcript { branches: branches.collect(), turns } }
}
