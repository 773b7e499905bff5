//! What the tests of all scorers share, and tests over the registry as a whole.

use super::*;
use crate::Turn;
use crate::transcript::Role;
use crate::{Outcome, ValueKind, View};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// Reads a scorer that must be readable.
pub(super) fn parse(value: &Json) -> ScorerConfig {
    ScorerConfig::from_value(value).unwrap_or_else(|error| panic!("{}: {error}", error.parameter))
}

/// The error with which a readable scorer refuses to be built.
pub(super) fn error(value: &Json) -> ConfigError {
    parse(value).build().err().expect("a parameter without sense")
}

/// Grades the last of some turns.
pub(super) fn outcome(value: &Json, turns: &[Turn]) -> Outcome {
    let scorer = parse(value).build().unwrap_or_else(|error| panic!("{}: {error}", error.parameter));
    let view = View::linear(turns, turns.len() - 1).expect("a turn");
    scorer.score(&view, view.text().unwrap_or_default())
}

fn value(scorer: &Json, text: &str) -> Option<crate::Value> {
    outcome(scorer, &[Turn::generated("reply", text)]).value().cloned()
}

/// The flag that a scorer gives to a text standing alone; none when it is unscored.
pub(super) fn flag(scorer: &Json, text: &str) -> Option<bool> {
    value(scorer, text).map(|value| match value {
        crate::Value::Flag(flag) => flag,
        other => panic!("no flag: {other:?}"),
    })
}

/// The number that a scorer gives to a text standing alone; none when it is unscored.
pub(super) fn number(scorer: &Json, text: &str) -> Option<f64> {
    value(scorer, text).map(|value| match value {
        crate::Value::Number(number) => number,
        other => panic!("no number: {other:?}"),
    })
}

/// The label that a scorer gives to a text standing alone; none when it is unscored.
pub(super) fn label(scorer: &Json, text: &str) -> Option<String> {
    value(scorer, text).map(|value| match value {
        crate::Value::Label(label) => label,
        other => panic!("no label: {other:?}"),
    })
}

/// One or more configurations of every scorer.
fn every_scorer() -> Vec<Json> {
    let turn = "reply";
    let act = |act: &str| json!({"grounding_act": {"turn": turn, "act": act}});
    let overlap =
        |measure: &str, with: &str| json!({"overlap": {"turn": turn, "with": with, "measure": measure}});
    vec![
        act("clarification"),
        act("acknowledgement"),
        act("repair"),
        act("follow_up"),
        act("presupposition_denial"),
        json!({"exact": {"turn": turn, "text": "yes", "ignore": ["accents", "punctuation"]}}),
        json!({"includes": {"turn": turn, "any_of": ["a", "é"], "words": true}}),
        json!({"pattern": {"turn": turn, "regex": "(?i)(\\w+)\\W+(?<second>\\w+)", "capture": "second"}}),
        json!({"number": {"turn": turn, "words": true}}),
        json!({"number": {"turn": turn, "equals": 3, "tolerance": 0.5, "which": "first"}}),
        json!({"choice": {"turn": turn, "options": {"cat": ["kitten"], "dog": []}, "which": "last"}}),
        json!({"yes_no": {"turn": turn}}),
        json!({"yes_no": {"turn": turn, "is": "no"}}),
        json!({"answer_key": {"turn": turn, "options": ["cat", "dog"], "key": ["cat"]}}),
        json!({"formality": {"turn": turn}}),
        json!({"register": {"turn": turn, "is": "casual"}}),
        json!({"fact_consistency": {
            "turn": turn, "options": ["cat"], "facts": [{"name": "cat", "alive": "yes"}],
            "answers": "step", "properties": ["alive"],
        }}),
        json!({"self_consistency": {"turn": turn, "answers": "answer", "candidates": ["cat", "dog"]}}),
        json!({"self_consistency": {
            "turn": turn, "answers": "answer", "candidates": {"cat": ["kitten"], "dog": []}, "class": "all_denial",
        }}),
        json!({"style_matching": {"turn": turn, "with": "user"}}),
        json!({"style_matching": {"turn": turn, "stranger": ["the cat"]}}),
        json!({"style_marker": {"turn": turn, "category": "articles"}}),
        json!({"word_novelty": {"turn": turn, "measure": "rate", "about": ["a"]}}),
        overlap("jaccard", "user"),
        overlap("containment", "user"),
        overlap("rouge_l", "step"),
        overlap("bleu", "user"),
        json!({"simulation_fault": {"turn": turn, "goal": ["a table"], "most_words": 9}}),
        json!({"spent": {"turn": turn, "unit": "tokens"}}),
        json!({"given": {"turn": turn, "holds": true}}),
        json!({"preference": {"turn": turn, "first": "cat", "second": "dog"}}),
        json!({"overlap": {"turn": turn, "text": "the cat", "measure": "bleu_characters"}}),
        json!({"length": {"turn": turn, "unit": "sentences"}}),
        json!({"length": {"turn": turn, "unit": "characters", "at_most": 5}}),
        json!({"json": {"turn": turn, "fenced": true, "schema": {"type": "object", "required": ["a"]}}}),
        json!({"all": {"of": [{"exact": {"turn": turn, "text": "a"}}]}}),
        json!({"any": {"of": [{"exact": {"turn": turn, "text": "a"}}]}}),
        json!({"not": {"of": {"exact": {"turn": turn, "text": "a"}}}}),
    ]
}

#[test]
fn every_scorer_of_the_registry_is_exercised_and_reads_back_as_written() {
    let mut seen = std::collections::BTreeSet::new();
    for value in every_scorer() {
        let config = parse(&value);
        seen.insert(config.name());
        let written = serde_json::to_value(&config).unwrap();
        assert_eq!(parse(&written), config);
        assert_eq!(written.as_object().unwrap().keys().collect::<Vec<_>>(), [config.name()]);
    }
    assert_eq!(seen, ScorerConfig::NAMES.iter().copied().collect());
}

#[test]
fn the_kind_of_the_grade_is_the_one_announced() {
    let dialogue = [
        Turn::generated("step", "yes"),
        Turn::scripted(Role::User, "cat 3"),
        Turn::generated("reply", "yes, one cat or 3"),
    ];
    for value in every_scorer() {
        let kind = parse(&value).parameters().kind();
        if let Some(grade) = outcome(&value, &dialogue).value() {
            let given = match grade {
                crate::Value::Flag(_) => ValueKind::Flag,
                crate::Value::Number(_) => ValueKind::Number,
                crate::Value::Label(_) => ValueKind::Label,
            };
            assert_eq!(given, kind, "{value}");
        }
    }
}

#[test]
fn the_catalogue_tells_users_what_they_need() {
    for entry in catalogue() {
        assert!(ScorerConfig::NAMES.contains(&entry.name));
        assert!(entry.about.len() > 20, "{}: {}", entry.name, entry.about);
        assert!(!entry.parameters.is_empty(), "{}", entry.name);
        for parameter in &entry.parameters {
            assert!(parameter.about.len() > 5, "{}.{}", entry.name, parameter.name);
            assert!(!parameter.kind.is_empty() && !parameter.kind.contains('$'), "{parameter:?}");
        }
    }
    let all = catalogue().into_iter().find(|entry| entry.name == "all").unwrap();
    assert_eq!(all.parameters[0].kind, "list of scorer");
    let act = catalogue().remove(0);
    assert_eq!(
        act.parameters[1].kind,
        "clarification | acknowledgement | repair | follow_up | presupposition_denial"
    );
}

#[test]
fn the_schemas_accept_what_the_types_accept_and_templates() {
    let schema = schemars::schema_for!(ScorerConfig);
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    for value in every_scorer() {
        assert!(validator.is_valid(&value), "{value}");
    }
    assert!(validator.is_valid(&json!({"choice": {"turn": "reply", "options": "{{ objects }}"}})));
    assert!(!validator.is_valid(&json!({"choice": {"turn": "reply", "options": "objects"}})));
    assert!(!validator.is_valid(&json!({"choice": {"turn": "reply", "options": ["a"], "extra": 1}})));
}

/// Text as hostile as a model can make it: any Unicode, and the words that the rules look for.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[\\PC\\s]{0,12}",
        proptest::sample::select(vec![
            "```json\n",
            "```",
            "{\"a\":",
            "[[[",
            "?",
            "? ",
            "!",
            "\u{202E}",
            "\u{200D}",
            "🏳️‍🌈",
            "İ",
            "ß",
            "ﬀ",
            "1,234",
            "-",
            "$",
            "%",
            "1e999",
            "seven",
            "hundred and",
            "or",
            "sorry, I meant",
            "there is no",
            "what",
            "you",
            "Yes",
            "no",
            "don’t",
            "\"",
            "\0",
            "anything else",
            "I need to know",
            ".",
            "…",
            "\u{0301}",
            "I said ",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_text_makes_a_scorer_panic_or_give_what_is_not_finite(before in hostile(), user in hostile(), text in hostile()) {
        let turns = [
            Turn::generated("step", before),
            Turn::scripted(Role::User, user),
            Turn::generated("reply", text),
        ];
        for value in every_scorer() {
            let first = outcome(&value, &turns);
            prop_assert_eq!(&first, &outcome(&value, &turns));
            if let Some(number) = first.value().and_then(crate::Value::as_number) {
                prop_assert!(number.is_finite());
            }
        }
    }

    #[test]
    fn no_value_makes_reading_panic(name in proptest::sample::select(ScorerConfig::NAMES), key in ".{0,8}", text in hostile()) {
        for inner in [json!(text), json!({key.clone(): text}), json!({"turn": "a", key.clone(): [text]}), json!([key])] {
            if let Ok(config) = ScorerConfig::from_value(&json!({name: inner})) {
                let _ = config.build();
            }
        }
    }
}
