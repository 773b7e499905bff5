//! Who is shown what, which dialogues cannot be, and where two part.

use super::*;
use proptest::prelude::*;
use scorers::Turn;
use std::{collections::BTreeSet, slice::from_ref};

fn said(role: Role, text: &str) -> Turn {
    Turn::scripted(role, text)
}

fn by(speaker: &str, role: Role, private: bool, text: &str) -> Turn {
    Turn { speaker: Speaker::named(speaker), role, private, ..Turn::generated("turn", text) }
}

fn transcript() -> Vec<Turn> {
    vec![
        said(Role::System, "You take bookings."),
        by("user", Role::User, true, "I must not say that I hate fish."),
        by("user", Role::User, false, "Dinner for two."),
        by("model", Role::Assistant, false, "When?"),
        by("judge", Role::Assistant, true, "It asks."),
    ]
}

fn shown(speaker: &str, prompt: &Prompt) -> Vec<(Role, String)> {
    let messages = prompt_for(&Speaker::named(speaker), prompt, &transcript());
    messages.into_iter().map(|message| (message.role, message.text)).collect()
}

#[test]
fn the_model_is_shown_the_dialogue_and_nothing_private() {
    let texts = ["You take bookings.", "Dinner for two.", "When?"].map(str::to_owned);
    let roles = [Role::System, Role::User, Role::Assistant];
    let expected: Vec<(Role, String)> = roles.into_iter().zip(texts).collect();
    assert_eq!(shown("model", &Prompt::Dialogue), expected);
}

#[test]
fn a_simulated_user_sees_it_from_the_other_side_and_its_goal_once() {
    let goal = Prompt::Reversed { system: Some("You want dinner, and hate fish.".to_owned()) };
    let expected = [
        (Role::System, "You want dinner, and hate fish."),
        // It opens the dialogue, and most chat templates want a user to begin.
        (Role::User, OPENING),
        (Role::Assistant, "I must not say that I hate fish."),
        (Role::Assistant, "Dinner for two."),
        (Role::User, "When?"),
    ]
    .map(|(role, text)| (role, text.to_owned()));
    assert_eq!(shown("user", &goal), expected);
    let answer = Turn::generated("wish", "At seven.");
    let heard = [
        Turn::generated("reply", "When?"),
        Turn { speaker: Speaker::named("user"), role: Role::User, ..answer },
    ];
    let seen = prompt_for(&Speaker::named("user"), &Prompt::Reversed { system: None }, &heard);
    assert_eq!(seen.iter().map(|message| message.role).collect::<Vec<_>>(), [Role::User, Role::Assistant]);
    // It is computed anew each time, and no turn of the transcript: however often it speaks, it is told once.
    let goals = shown("user", &goal).iter().filter(|(role, _)| *role == Role::System).count();
    assert_eq!(goals, 1);
}

#[test]
fn a_context_of_its_own_holds_what_it_says_and_nothing_else() {
    let message = Message { role: Role::User, text: "Does `When?` ask?".to_owned() };
    let own = Prompt::Own { messages: vec![message.clone()] };
    assert_eq!(shown("judge", &own), [(message.role, message.text)]);
}

fn turn(name: &str, speaker: &str) -> Speak {
    Speak { speaker: Speaker::named(speaker), ..Speak::reply(name, Sampling::plain(1.0, 8)) }
}

fn speak(name: &str, speaker: &str) -> Step {
    Step::Speak(Box::new(turn(name, speaker)))
}

fn fork(steps: Vec<Step>) -> Step {
    Step::Fork { name: "f".to_owned(), items: None, variable: None, samples: 2, steps }
}

fn repeat(steps: Vec<Step>) -> Step {
    Step::Repeat { items: Items::Times(2), variable: None, until: None, steps }
}

#[test]
fn what_cannot_be_is_named() {
    let (model, user) = (Speaker::default(), Speaker::named("user"));
    let of = |steps: &[Step]| fault(steps, &BTreeSet::from([&model, &user]));
    assert_eq!(of(&[repeat(vec![speak("a", "user"), fork(vec![speak("b", "model")])])]), None);
    let own = |roles: &[Role]| {
        let messages = roles.iter().map(|role| Message { role: *role, text: "You want dinner.".to_owned() });
        Step::Speak(Box::new(Speak {
            prompt: Prompt::Own { messages: messages.collect() },
            ..turn("a", "model")
        }))
    };
    assert_eq!(of(&[own(&[Role::System, Role::User, Role::Assistant, Role::User])]), None);
    let choice = Speak { ask: Ask::Choose { options: vec!["yes".to_owned()] }, ..turn("a", "model") };
    for (steps, expected) in [
        (
            vec![speak("a", "judge")],
            "`a` is spoken by `judge`, whom nobody plays; the cast has `model`, `user`",
        ),
        (vec![speak("a", "model"), repeat(vec![speak("a", "user")])], "two turns have the name `a`"),
        (vec![fork(vec![repeat(vec![fork(vec![speak("a", "model")])])])], "`f` stands inside of a fork"),
        (vec![repeat(vec![fork(vec![repeat(vec![speak("a", "model")])])])], "inside of a repeat"),
        (vec![own(&[])], "`a` has a context of its own with nothing in it"),
        (vec![own(&[Role::System, Role::System])], "`a` is told something by the system after its first"),
        (vec![own(&[Role::User, Role::System])], "a system message only opens a context"),
        (vec![Step::Speak(Box::new(choice))], "fewer than two options"),
        (
            vec![Step::Fork {
                name: "g".to_owned(),
                items: None,
                variable: None,
                samples: 0,
                steps: Vec::new(),
            }],
            "`g` has no samples",
        ),
    ] {
        let found = of(&steps).unwrap_or_default();
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn dialogues_part_where_something_else_is_asked() {
    let say = |text: &str| Step::Say { role: Role::User, text: text.to_owned(), name: None };
    let then = vec![say("Hello."), speak("a", "model")];
    let parts = |now: Vec<Step>| parting(&then, &now, true);
    assert_eq!(parts(then.clone()), None);
    let (old, new) = parts(vec![say("Hullo."), speak("a", "model")]).unwrap();
    assert_eq!((old.as_str(), new.as_str()), ("user \"Hello.\"", "user \"Hullo.\""));
    let other = |change: fn(&mut Speak)| {
        let mut speak = turn("a", "model");
        change(&mut speak);
        parts(vec![say("Hello."), Step::Speak(Box::new(speak))]).map(|(_, now)| now)
    };
    assert_eq!(other(|speak| speak.sampling.coupling = Coupling::Gumbel), None, "it changes no average");
    for (change, words) in [
        ((|speak| speak.speaker = Speaker::named("judge")) as fn(&mut Speak), "by `judge`"),
        (|speak| speak.private = true, "private"),
        (|speak| speak.role = Role::User, "as user"),
        (|speak| speak.prompt = Prompt::Reversed { system: None }, "from the other side"),
        (|speak| speak.ask = Ask::Json { schema: Json::Null, say: None }, "as JSON"),
        (|speak| speak.sampling.max_tokens = 9, "max_tokens 9"),
    ] {
        let now = other(change).expect("they part");
        assert!(now.contains(words), "{now}");
    }
    let longer = Speak { sampling: Sampling::plain(1.0, 9), ..turn("a", "model") };
    let now = [say("Hello."), Step::Speak(Box::new(longer))];
    assert_eq!(parting(&then, &now, false), None, "how it is sampled was not asked");
    assert_eq!(parts(vec![say("Hello.")]).unwrap().1, "nothing more");
}

#[test]
fn grids_part_where_their_items_do() {
    let grid = |items: Option<Items>| {
        let variable = items.is_some().then(|| "item".to_owned());
        vec![Step::Fork {
            name: "f".to_owned(),
            items,
            variable,
            samples: 1,
            steps: vec![speak("a", "model")],
        }]
    };
    let over = |source: &str| grid(Some(Items::Over(source.to_owned())));
    assert_eq!(parting(&over("names"), &over("names"), true), None);
    let parts = |then: &[Step], now: &[Step]| parting(then, now, true).unwrap();
    let words = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    let (plain, names) = ("the fork `f` of 1", "the fork `f` of 1 over \"names\"");
    assert_eq!(parts(&grid(None), &over("names")), words(plain, names));
    let list = grid(Some(Items::List(vec![Json::from(1), Json::from(2)])));
    assert_eq!(parts(&list, &over("names")), words("the fork `f` of 1 over a list of 2", names));
    // A fork without items is written as it always was.
    let written = serde_json::to_value(&grid(None)[0]).unwrap();
    assert_eq!(written["fork"].as_object().unwrap().keys().collect::<Vec<_>>(), ["name", "samples", "steps"]);
    for dialogue in [grid(None), over("names"), list] {
        let text = serde_json::to_string(&dialogue).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Step>>(&text).unwrap(), dialogue);
    }
}

#[test]
fn a_reply_is_written_in_few_words() {
    let written = serde_json::to_value(speak("a", "model")).unwrap();
    let keys: Vec<&String> = written["speak"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "sampling"]);
}

fn texts() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[a-z{}]{0,6}")
}

fn asks() -> impl Strategy<Value = Ask> {
    prop_oneof![
        Just(Ask::Text),
        proptest::option::of("[a-z]{1,4}")
            .prop_map(|say| Ask::Json { schema: serde_json::json!({"type": "object"}), say }),
        proptest::collection::vec("[a-z]{1,4}", 2..4).prop_map(|options| Ask::Choose { options }),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let say = ("[a-z]{0,5}", texts()).prop_map(|(text, name)| Step::Say { role: Role::User, text, name });
    let speak = ("[a-z]{1,5}", "[a-z]{1,5}", any::<bool>(), texts(), asks()).prop_map(
        |(name, speaker, private, system, ask)| {
            let prompt = Prompt::Reversed { system };
            Step::Speak(Box::new(Speak { private, prompt, ask, ..turn(&name, &speaker) }))
        },
    );
    prop_oneof![say, speak].prop_recursive(2, 8, 3, |inner| {
        let inside = proptest::collection::vec(inner, 0..3);
        (inside, texts(), any::<bool>()).prop_map(|(steps, until, forks)| match forks {
            true => fork(steps),
            false => Step::Repeat { items: Items::Over("list".to_owned()), variable: None, until, steps },
        })
    })
}

proptest! {
    #[test]
    fn steps_read_back_as_written(step in steps()) {
        let written = serde_json::to_string(&step).unwrap();
        prop_assert_eq!(serde_json::from_str::<Step>(&written).unwrap(), step);
    }

    #[test]
    fn dialogues_part_from_themselves_nowhere_and_part_both_ways(one in steps(), other in steps()) {
        prop_assert_eq!(parting(from_ref(&one), from_ref(&one), true), None);
        let (there, back) = (parting(from_ref(&one), from_ref(&other), true), parting(from_ref(&other), from_ref(&one), true));
        prop_assert_eq!(there, back.map(|(one, other)| (other, one)));
    }
}
