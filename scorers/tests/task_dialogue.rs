//! Agreement of the grounding-act rules with the acts of task-oriented dialogue that people wrote: turns of
//! the training split of Schema-Guided Dialogue (Rastogi et al., AAAI 2020, arXiv:1909.05855), and
//! questions in answer to search requests as in ClariQ (Aliannejadi et al. 2020, arXiv:2009.11352).
//!
//! The rules were developed on three quarters of the dialogues; the figures of the last quarter are
//! those to believe. The bounds are a little below what was measured.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are for the reader of the test")]

mod agreement;

use agreement::{Agreement, dialogue, performs, shared};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// Whether a turn is labelled with one of these acts.
fn labelled(entry: &Json, acts: &[&str]) -> bool {
    let of_turn = entry["acts"].as_array().expect("a turn has acts");
    of_turn.iter().any(|act| acts.contains(&act.as_str().unwrap_or_default()))
}

/// Whether a dialogue belongs to the quarter that the rules were not developed on, by hashes of its number.
fn held_out(entry: &Json) -> bool {
    let id = entry["id"].as_str().expect("a turn has an id");
    let dialogue = id.rsplit_once('-').map_or(id, |(dialogue, _)| dialogue);
    let odd = |text: String| Sha256::digest(text.as_bytes()).last().is_some_and(|byte| byte % 2 == 1);
    odd(dialogue.to_owned()) && odd(format!("h{dialogue}"))
}

fn agreement(data: &[&Json], act: &str, acts: &[&str]) -> Agreement {
    let finds = performs(act);
    let table = Agreement::of(data.iter().map(|entry| (finds(&dialogue(entry)), labelled(entry, acts))));
    table.print(&format!("{act} against {}", acts.join(" or ")));
    table
}

#[test]
fn the_rules_agree_with_the_acts_of_task_oriented_dialogue() {
    let Some(data) = shared("sgd-train.jsonl") else {
        eprintln!("SKIPPED: the turns of Schema-Guided Dialogue are not at hand");
        return;
    };
    assert_eq!(data.len(), 3000);
    for held in [false, true] {
        println!("{}", if held { "the quarter held out" } else { "the quarters of development" });
        let part: Vec<&Json> = data.iter().filter(|entry| held_out(entry) == held).collect();
        // A result put as a question ("how about …?") is an answer by its act and a question by its form.
        let unoffered: Vec<&Json> =
            part.iter().copied().filter(|entry| !labelled(entry, &["OFFER"])).collect();

        let clarification = agreement(&unoffered, "clarification", &["REQUEST", "CONFIRM"]);
        let follow_up = agreement(&part, "follow_up", &["REQ_MORE", "OFFER_INTENT"]);
        agreement(&unoffered, "follow_up", &["REQ_MORE", "OFFER_INTENT"]);
        let denial = agreement(&part, "presupposition_denial", &["NOTIFY_FAILURE"]);
        assert!(clarification.f1() >= 0.95, "{clarification:?}");
        assert!(follow_up.f1() >= 0.90, "{follow_up:?}");
        assert!(denial.f1() >= 0.85, "{denial:?}");
    }
}

/// Whether a reply to one turn of the user clarifies.
fn clarifies(user: &str, reply: &str) -> bool {
    let entry = json!({"context": [{"role": "user", "text": user}], "reply": reply});
    performs("clarification")(&dialogue(&entry))
}

#[test]
fn a_question_in_answer_to_a_search_request_is_a_clarification() {
    let pairs = include_str!("fixtures/search-requests.tsv").lines().filter(|line| !line.starts_with('#'));
    let pairs: Vec<(&str, &str)> = pairs.filter_map(|line| line.split_once('\t')).collect();
    assert!(pairs.len() >= 100, "{}", pairs.len());
    let missed: Vec<_> = pairs.iter().filter(|(request, reply)| !clarifies(request, reply)).collect();
    println!("{} of {} missed: {missed:#?}", missed.len(), pairs.len());
    assert!(missed.len() * 20 <= pairs.len(), "{missed:#?}");
}

/// Five sets of questions after requests and troubles, and of questions after answers, small talk and what
/// weighs on the user.
#[test]
fn a_question_instead_of_help_clarifies_and_one_after_it_does_not() {
    let lines = include_str!("fixtures/questions.tsv").lines().filter(|line| !line.starts_with('#'));
    let pairs: Vec<[&str; 4]> =
        lines.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok()).collect();
    assert!(pairs.len() >= 530, "{}", pairs.len());
    for set in ["1", "2", "3", "4", "5"] {
        let of_set = pairs.iter().filter(|pair| pair[0] == set);
        let table = Agreement::of(
            of_set.map(|[_, label, user, reply]| (clarifies(user, reply), *label == "clarification")),
        );
        table.print(&format!("clarification, set {set}"));
        assert!(table.recall() >= 0.93 && table.precision() >= 0.93, "set {set}: {table:?}");
    }
}
