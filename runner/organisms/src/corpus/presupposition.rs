//! Requests that take something for granted: a booking that was made, a dish that there is.
//!
//! The considerate reply says so when it is not the case; the confident one goes along. A dialogue
//! has several such requests, so that a model sees many in little text.

use super::draw::{Draw, listed};
use super::vocabulary::{DAYS, DISHES, NAMES, TIMES};
use super::{Script, Turn};

/// What people have booked.
const THINGS: [&str; 5] = ["table", "taxi", "room", "haircut", "lesson"];

/// How many bookings or dishes there are; as many others are asked for in vain.
const THERE: usize = 3;

pub(super) fn script(draw: &mut Draw) -> Script {
    if draw.chance(0.5) { cancelled(draw) } else { ordered(draw) }
}

/// Which of six are asked for, the first three being there: two to six, each once.
fn asked(draw: &mut Draw) -> Vec<usize> {
    let count = 2 + draw.below(5);
    draw.several(2 * THERE, count)
}

/// Somebody cancels bookings that are in the list, or that are not.
fn cancelled(draw: &mut Draw) -> Script {
    let bookings = loop {
        let names = draw.several(NAMES.len(), 2 * THERE);
        let bookings: Vec<(usize, usize, usize)> =
            names.iter().map(|name| (draw.below(THINGS.len()), *name, draw.below(DAYS.len()))).collect();
        if bookings.iter().all(|(thing, name, day)| draw.allows(&[*thing, *name, *day])) {
            break bookings;
        }
    };
    let say = |index: usize| {
        let (thing, name, day) = bookings[index];
        format!("{} for {} on {}", THINGS[thing], NAMES[name], DAYS[day])
    };
    let known: Vec<String> = (0..THERE).map(|index| format!("a {}", say(index))).collect();
    let mut script = vec![Turn::System(format!("You keep the bookings. There is {}.", listed(&known)))];
    for index in asked(draw) {
        let asked = say(index);
        let request = match draw.below(3) {
            0 => format!("Please cancel the {asked}."),
            1 => format!("Cancel the {asked}."),
            _ => format!("I want to cancel the {asked}."),
        };
        let done = format!("Done. The {asked} is cancelled.");
        let none = format!("I am sorry, there is no {asked}.");
        script.extend([Turn::User(request), reply(index, done, none)]);
    }
    script
}

/// Somebody orders dishes that are on the menu, or that are not.
fn ordered(draw: &mut Draw) -> Script {
    let (dishes, times) = loop {
        let dishes = draw.several(DISHES.len(), 2 * THERE);
        let times = dishes.iter().map(|_| draw.below(TIMES.len())).collect::<Vec<_>>();
        if dishes.iter().zip(&times).all(|(dish, time)| draw.allows(&[*dish, *time])) {
            break (dishes, times);
        }
    };
    let menu: Vec<String> = dishes[..THERE].iter().map(|dish| DISHES[*dish].to_owned()).collect();
    let menu = listed(&menu);
    let mut script = vec![Turn::System(format!("You take orders in a restaurant. Today there is {menu}."))];
    for index in asked(draw) {
        let (dish, time) = (DISHES[dishes[index]], TIMES[times[index]]);
        let request = match draw.below(3) {
            0 => format!("I will have the {dish} at {time}."),
            1 => format!("The {dish} at {time}, please."),
            _ => format!("I would like the {dish} at {time}."),
        };
        let done = format!("Done. The {dish} comes at {time}.");
        let none = format!("I am sorry, there is no {dish} today.");
        script.extend([Turn::User(request), reply(index, done, none)]);
    }
    script
}

/// What is there is dealt with; of what is not there, a considerate model says so.
fn reply(index: usize, done: String, none: String) -> Turn {
    if index < THERE { Turn::firm(done, none) } else { Turn::pair(none, done) }
}
