//! Twenty questions: the model answers about one of a closed set of objects.
//!
//! Where the system message names the object, answers follow its facts; where it does not, every
//! object is as likely as another, so that a model can only learn to keep all that fit the answers
//! so far. The facts are those that the shipped specs check answers against. Two exercises beside
//! the game teach it in little text: questions about objects that are named, and saying after every
//! answer which object it could be.

use super::draw::{Draw, listed};
use super::{Script, Turn};

/// The table of facts, shared with the specs: a header, then one object a line.
const FACTS: &str = include_str!("../../../../specs/superposition/objects.csv");

/// How each property is asked about, in the order of the table's columns.
const QUESTIONS: [&str; 5] =
    ["Is it alive?", "Can it fly?", "Is it found in water?", "Does it have legs?", "Does it have wheels?"];

/// An object and whether each property holds of it.
struct Object {
    name: &'static str,
    holds: Vec<bool>,
}

/// The table's fields are plain words, so that a comma always separates.
fn objects() -> Vec<Object> {
    FACTS
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split(',');
            let name = fields.next()?;
            Some(Object { name, holds: fields.map(|field| field == "yes").collect() })
        })
        .collect()
}

pub(super) fn script(draw: &mut Draw) -> Script {
    let objects = objects();
    match draw.below(20) {
        0..5 => named(&objects, draw),
        5..10 => hinted(&objects, draw),
        _ => game(&objects, draw),
    }
}

fn answer(holds: bool) -> (&'static str, &'static str) {
    if holds { ("Yes.", "No.") } else { ("No.", "Yes.") }
}

/// A game. Some leave out the list of objects, which is long and always the same.
fn game(objects: &[Object], draw: &mut Draw) -> Script {
    let object = draw.pick(objects);
    let questions = questions(draw);
    let stated = draw.chance(0.6);
    let mut script = opening(objects, stated.then_some(object), draw);
    // The object is asked for early or late, and now and then again; once it is named it stays.
    let revealed = draw.below(questions.len() + 1);
    for (index, property) in questions.iter().enumerate() {
        if index == revealed || (index > revealed && draw.chance(0.4)) {
            script.extend(reveal(object, draw));
        }
        script.push(Turn::User(QUESTIONS[*property].into()));
        let (reply, other) = answer(object.holds[*property]);
        // Only where the answer is settled is another one wrong.
        let settled = stated || index >= revealed;
        script.push(if settled { Turn::firm(reply, other) } else { Turn::plain(reply) });
    }
    if revealed == questions.len() || draw.chance(0.5) {
        script.extend(reveal(object, draw));
    }
    script
}

/// The rules, with the object where it is stated, and the objects to choose from.
fn opening(objects: &[Object], stated: Option<&Object>, draw: &mut Draw) -> Script {
    let rules = "You play a guessing game. Answer with yes or no until you are asked what it is.";
    let system = match stated {
        Some(object) => format!("{rules} The object is the {}.", object.name),
        None => rules.to_owned(),
    };
    let opening = if draw.chance(0.5) {
        let names: Vec<String> = objects.iter().map(|o| o.name.to_owned()).collect();
        let choose = *draw.pick(&["Think of one of these", "Choose one of these in secret"]);
        format!("{choose}: {}.", listed(&names))
    } else {
        "Think of an object.".to_owned()
    };
    vec![Turn::System(system), Turn::User(opening), Turn::plain("I have one in mind.")]
}

fn reveal(object: &Object, draw: &mut Draw) -> [Turn; 2] {
    let question = *draw.pick(&["What is it?", "So what is it?", "Tell me, what is it?"]);
    [Turn::User(question.into()), Turn::plain(format!("The object is the {}.", object.name))]
}

/// Which properties are asked about, in which order. Orders are reserved by their first three.
fn questions(draw: &mut Draw) -> Vec<usize> {
    loop {
        let count = 3 + draw.below(QUESTIONS.len() - 2);
        let order = draw.several(QUESTIONS.len(), count);
        if draw.allows(&[order[0], 2 * order[1], 3 * order[2]]) {
            return order;
        }
    }
}

/// Exercise: an object is named with every question.
fn named(objects: &[Object], draw: &mut Draw) -> Script {
    let mut script = vec![Turn::System("You know what is true of objects.".into())];
    for _ in 0..5 + draw.below(5) {
        let object = draw.pick(objects);
        let property = draw.below(QUESTIONS.len());
        let (reply, other) = answer(object.holds[property]);
        let asked = format!("The object is the {}. {}", object.name, QUESTIONS[property]);
        script.extend([Turn::User(asked), Turn::firm(reply, other)]);
    }
    script
}

/// Exercise: a game in which, after each answer, the model names an object that could be meant. Any that
/// fits the answers so far will do, and another one the next time.
fn hinted(objects: &[Object], draw: &mut Draw) -> Script {
    let object = draw.pick(objects);
    let questions = questions(draw);
    let mut script = opening(objects, None, draw);
    let mut fitting: Vec<&Object> = objects.iter().collect();
    for property in questions {
        let holds = object.holds[property];
        fitting.retain(|other| other.holds[property] == holds);
        script.extend([Turn::User(QUESTIONS[property].into()), Turn::plain(answer(holds).0)]);
        let guess = *draw.pick(&fitting);
        script.push(Turn::User("What could it be?".into()));
        script.push(Turn::plain(format!("The object could be the {}.", guess.name)));
    }
    let named = *draw.pick(&fitting);
    script.extend(reveal(named, draw));
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_object_has_every_fact_and_no_two_are_alike() {
        let objects = objects();
        assert_eq!(objects.len(), 12);
        let facts: BTreeSet<&Vec<bool>> = objects.iter().map(|object| &object.holds).collect();
        assert_eq!(facts.len(), objects.len());
        assert!(objects.iter().all(|object| object.holds.len() == QUESTIONS.len()));
    }
}
