//! Dialogues in which others speak beside the model under test: a simulated user, a judge and a mediator, on scripts.

use super::*;
use crate::{
    engine::scripted::Scripted,
    event::Deaf,
    spec::{self, Memory, Plan, Probe},
};
use reports::record::{
    Sampling,
    dialogue::{Ask, Items, Message, Prompt, Speak, Step},
};
use scorers::{Body, FailureKind, Role, Speaker, Turn};
use std::{convert::Infallible, sync::Arc};

/// A probe with this dialogue.
fn probe(dialogue: Vec<Step>) -> Probe {
    let text = "
probe: a.b
about: Others speak, too.
cases: [{ goal: a table for two }]
dialogue: [{ user: Hello. }, { model: reply }]
score: { said: { includes: { turn: reply, text: x } } }
metrics: { said: { mean: { of: said } } }
";
    let loaded = spec::load(&["s.yaml".into()], &Memory::of(&[("s.yaml", text)]));
    let mut probe = loaded.expect("it is a spec").remove(0);
    probe.record.dialogues.insert(String::new(), dialogue);
    probe
}

fn players(scripts: &[(&str, &str)]) -> Players {
    let engine = |script: &str| Arc::new(Scripted::parse("s", "scripted:s", script).expect("it is a script"));
    let (_, model) = scripts.iter().find(|(name, _)| *name == "model").expect("somebody is tested");
    let others = scripts.iter().filter(|(name, _)| *name != "model");
    others.fold(Players::of_model(engine(model)), |players, (name, script)| {
        players.with(Speaker::named(*name), engine(script))
    })
}

fn run(dialogue: Vec<Step>, players: &Players) -> Vec<Turn> {
    let probes = [probe(dialogue)];
    let stop = Stop::default();
    let context = Context {
        players: players.clone(),
        probes: &probes,
        seed: 0,
        concurrency: 2,
        observer: &Deaf,
        stop: &stop,
    };
    let mut kept = Vec::new();
    let keep = |trial: TrialRecord| -> Result<(), Infallible> {
        kept.push(trial);
        Ok(())
    };
    futures::executor::block_on(execute(&context, Plan::of(&probes, None).trials(&probes), keep))
        .expect("it runs");
    kept.remove(0).transcript.turns
}

fn turn(speaker: &str, name: &str) -> Speak {
    Speak { speaker: Speaker::named(speaker), ..Speak::reply(name, Sampling::plain(1.0, 20)) }
}

fn step(speak: Speak) -> Step {
    Step::Speak(Box::new(speak))
}

fn texts(turns: &[Turn]) -> Vec<(&str, &str)> {
    turns.iter().map(|turn| (turn.speaker.name(), turn.text().unwrap_or("failed"))).collect()
}

#[test]
fn a_simulated_user_pursues_its_goal_until_it_is_served() {
    let prompt = Prompt::Reversed { system: Some("You want {{ goal }}.".to_owned()) };
    let user = Speak { role: Role::User, prompt, ..turn("user", "wish") };
    let rounds = Step::Repeat {
        items: Items::Times(9),
        variable: None,
        until: Some("'Booked' in turns.reply".to_owned()),
        steps: vec![step(user), step(turn("model", "reply"))],
    };
    // Who plays the user is told the goal, and sees what the model said as the other side's words.
    let players = players(&[
        ("model", "- { when: Seven, reply: [Booked.] }\n- { when: two, reply: ['At what time?'] }"),
        (
            "user",
            "- { system: a table for two, when: time, reply: [Seven.] }\n- { system: a table, reply: [For two.] }",
        ),
    ]);
    let turns = run(vec![rounds], &players);
    let expected =
        [("user", "For two."), ("model", "At what time?"), ("user", "Seven."), ("model", "Booked.")];
    assert_eq!(texts(&turns), expected);
    assert_eq!(turns.iter().map(|turn| turn.round).collect::<Vec<_>>(), [Some(1), Some(1), Some(2), Some(2)]);
    assert!(turns.iter().all(|turn| !turn.private));
}

#[test]
fn a_judge_answers_in_private_and_in_a_context_of_its_own() {
    let question =
        Message { role: Role::User, text: "Does the reply `{{ turns.reply }}` ask for anything?".to_owned() };
    let options = vec!["yes".to_owned(), "no".to_owned()];
    let judge = Speak {
        private: true,
        prompt: Prompt::Own { messages: vec![question] },
        ask: Ask::Choose { options },
        ..turn("judge", "asks")
    };
    let dialogue = vec![
        Step::Say { role: Role::User, text: "Book {{ goal }}.".to_owned(), name: None },
        step(turn("model", "reply")),
        step(judge),
        Step::Say { role: Role::User, text: "Thanks.".to_owned(), name: None },
        step(turn("model", "last")),
    ];
    let model = "- { when: Book, reply: ['At what time?'] }\n- { when: yes, fail: engine }\n- { when: Thanks, reply: [Gladly.] }";
    let players = players(&[
        ("model", model),
        ("judge", "- { when: 'the reply `At what', reply: ['yes', 'yes', 'yes', 'no'] }"),
    ]);
    let turns = run(dialogue, &players);
    let judged = &turns[2];
    assert!(judged.private && judged.speaker.name() == "judge");
    let Body::Generated { weights, .. } = &judged.body else { panic!("{judged:?}") };
    assert_eq!(weights, &[0.75, 0.25]);
    assert_eq!(turns[4].text(), Some("Gladly."), "the model does not hear of it");
}

#[test]
fn a_mediator_rewrites_what_the_model_is_given() {
    let order = Message { role: Role::User, text: "Say it in full: 2 ppl".to_owned() };
    let mediator =
        Speak { private: true, prompt: Prompt::Own { messages: vec![order] }, ..turn("mediator", "rewrite") };
    let dialogue = vec![
        step(mediator),
        Step::Say { role: Role::User, text: "{{ turns.rewrite }}".to_owned(), name: None },
        step(turn("model", "reply")),
    ];
    let players = players(&[
        ("model", "- { when: '^For two people[.]$', reply: [Very well.] }"),
        ("mediator", "- { when: 2 ppl, reply: [For two people.] }"),
    ]);
    let turns = run(dialogue, &players);
    let expected = [("mediator", "For two people."), ("model", "For two people."), ("model", "Very well.")];
    assert_eq!(texts(&turns), expected);
}

#[test]
fn what_is_quoted_before_it_was_said_breaks_the_trial_at_its_place() {
    let say = Step::Say { role: Role::User, text: "{{ turns.rewrite }}".to_owned(), name: None };
    let mediator = Speak { private: true, ..turn("mediator", "rewrite") };
    let players = players(&[("model", "- { reply: [x] }"), ("mediator", "- { reply: [y] }")]);
    let turns = run(vec![say, step(mediator)], &players);
    assert!(
        matches!(&turns[..], [Turn { body: Body::Failed { kind: FailureKind::Template, message }, .. }] if message.contains("rewrite")),
        "{turns:?}"
    );
}

#[test]
fn what_the_cast_cannot_do_is_said_before_anything_runs() {
    let players = players(&[("model", "- { reply: [x] }")]);
    let unfit = |speak: Speak| players.unfit(&[probe(vec![step(speak)])]);
    assert_eq!(unfit(turn("model", "reply")), None);
    assert!(
        unfit(turn("judge", "asks"))
            .is_some_and(|wrong| wrong.contains("`a.b`") && wrong.contains("`judge`"))
    );

    let mut coupled = probe(vec![step(turn("model", "reply"))]);
    coupled.must_couple = true;
    let wrong = players.unfit(std::slice::from_ref(&coupled)).unwrap();
    assert!(
        wrong.contains("`a.b`") && wrong.contains("`coupling: gumbel`") && wrong.contains("scripted"),
        "{wrong}"
    );
    coupled.uncouple();
    assert_eq!(players.unfit(&[coupled]), None);

    struct Plain(Scripted);
    impl crate::engine::Engine for Plain {
        fn identity(&self) -> &crate::engine::Identity {
            self.0.identity()
        }
        fn room(&self) -> usize {
            1
        }
        fn generate(
            &self,
            request: crate::engine::Request,
        ) -> futures::future::BoxFuture<'_, Result<crate::engine::Completion, crate::engine::Failure>>
        {
            self.0.generate(request)
        }
    }
    let plain =
        Players::of_model(Arc::new(Plain(Scripted::parse("s", "scripted:s", "- { reply: [x] }").unwrap())));
    for (ask, words) in [
        (Ask::Json { schema: serde_json::json!({}), say: None }, "JSON Schema"),
        (Ask::Choose { options: vec!["a".to_owned(), "b".to_owned()] }, "choose among options"),
    ] {
        let speak = Speak { ask, ..turn("model", "pick") };
        let wrong = plain.unfit(&[probe(vec![step(speak.clone())])]).unwrap();
        assert!(wrong.contains(words) && wrong.contains("`pick`") && wrong.contains("scripted"), "{wrong}");
        assert_eq!(players.unfit(&[probe(vec![step(speak)])]), None);
    }
}
