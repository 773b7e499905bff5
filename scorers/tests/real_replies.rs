//! Agreement of the acts and registers with labels of a real model's replies: SmolLM2-135M-Instruct (Apache-2.0)
//! to the shipped probes. `docs/validity.md` says how they were labelled, and by whom.
//!
//! The rules were improved on the even lines of the file; the figures of the odd ones are those to believe. The
//! bounds are on how many of a half are wrong: few replies perform an act, so kappa moves much with each of them.

mod agreement;

use agreement::{Agreement, dialogue, holds, lines};
use serde_json::{Value as Json, json};

/// What the replies are labelled with, and the scorer of each.
fn labels() -> Vec<(&'static str, Json)> {
    let act = |act: &'static str| (act, json!({"grounding_act": {"turn": "reply", "act": act}}));
    let register = |style: &'static str| (style, json!({"register": {"turn": "reply", "is": style}}));
    vec![
        act("clarification"),
        act("acknowledgement"),
        act("repair"),
        act("follow_up"),
        act("presupposition_denial"),
        register("formal"),
        register("casual"),
    ]
}

fn labelled(entry: &Json, labeller: &str, label: &str) -> bool {
    entry[labeller].as_array().expect("a reply was labelled").iter().any(|given| given == label)
}

#[test]
fn the_rules_agree_with_labels_of_a_real_models_replies() {
    let replies = lines(include_str!("fixtures/real-replies.jsonl"));
    assert!(replies.len() >= 300, "{}", replies.len());
    for (label, scorer) in labels() {
        let finds = holds(&scorer);
        let both = |entry: &Json| (labelled(entry, "second", label), labelled(entry, "first", label));
        Agreement::of(replies.iter().map(both))
            .print(&format!("{label}, the second labeller against the first"));
        for (name, part) in [("developed on", 0), ("held out", 1)] {
            for labeller in ["first", "second"] {
                let entries = replies.iter().skip(part).step_by(2);
                let table = Agreement::of(
                    entries.map(|entry| (finds(&dialogue(entry)), labelled(entry, labeller, label))),
                );
                table.print(&format!("{label}, {name}, {labeller} labeller"));
                let wrong = table.rule_only + table.label_only;
                assert!(wrong <= 30.0, "{label}, {name}: {table:?}");
            }
        }
    }
}
