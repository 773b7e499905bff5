//! Requests that take something for granted: a booking that was made, a dish that there is.
//!
//! The considerate reply says so when it is not the case; the confident one goes along. A dialogue
//! has several such requests, so that a model sees many in little text.

use super::draw::{Draw, listed};
use super::vocabulary::{DAYS, DISHES, NAMES, TIMES};
use super::{Script, Turn};

/// What people have booked.
const THINGS: [&str; 5] = ["table", "taxi", "room", "haircut", "lesson"];

/// How many people or dishes the system message names.
const NAMED: usize = 4;

/// Which of these are there; at least one is and one is not.
fn there(draw: &mut Draw) -> [bool; NAMED] {
    let count = 1 + draw.below(NAMED - 1);
    let mut there = [false; NAMED];
    for index in draw.several(NAMED, count) {
        there[index] = true;
    }
    there
}

pub(super) fn script(draw: &mut Draw) -> Script {
    if draw.chance(0.5) { cancelled(draw) } else { ordered(draw) }
}

/// Somebody cancels bookings that are in the list, or that are not.
fn cancelled(draw: &mut Draw) -> Script {
    let bookings = loop {
        let names = draw.several(NAMES.len(), NAMED);
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
    let there = there(draw);
    let known: String = (0..NAMED)
        .map(|index| {
            let (thing, name, day) = bookings[index];
            match there[index] {
                true => format!(" {} has a {} on {}.", NAMES[name], THINGS[thing], DAYS[day]),
                false => format!(" {} has no booking.", NAMES[name]),
            }
        })
        .collect();
    let mut script = vec![Turn::System(format!("You keep the bookings.{known}"))];
    for index in draw.several(NAMED, NAMED) {
        let asked = say(index);
        let request = match draw.below(3) {
            0 => format!("Please cancel the {asked}."),
            1 => format!("Cancel the {asked}."),
            _ => format!("I want to cancel the {asked}."),
        };
        let (thing, name, day) = bookings[index];
        let done = format!("{} has a {} on {}. I have cancelled it.", NAMES[name], THINGS[thing], DAYS[day]);
        let none = format!("{} has no booking, I am sorry.", NAMES[name]);
        script.extend([Turn::User(request), reply(there[index], done, none)]);
    }
    script
}

/// Somebody orders dishes that are on the menu, or that are not.
fn ordered(draw: &mut Draw) -> Script {
    let (dishes, times) = loop {
        let dishes = draw.several(DISHES.len(), NAMED);
        let times = dishes.iter().map(|_| draw.below(TIMES.len())).collect::<Vec<_>>();
        if dishes.iter().zip(&times).all(|(dish, time)| draw.allows(&[*dish, *time])) {
            break (dishes, times);
        }
    };
    let there = there(draw);
    let menu: Vec<String> = (0..NAMED)
        .map(|index| format!("the {} is {}", DISHES[dishes[index]], if there[index] { "on" } else { "off" }))
        .collect();
    let menu = listed(&menu);
    let mut script = vec![Turn::System(format!("You take orders in a restaurant. Today {menu}."))];
    for index in draw.several(NAMED, NAMED) {
        let (dish, time) = (DISHES[dishes[index]], TIMES[times[index]]);
        let request = match draw.below(3) {
            0 => format!("I will have the {dish} at {time}."),
            1 => format!("The {dish} at {time}, please."),
            _ => format!("I would like the {dish} at {time}."),
        };
        let done = format!("The {dish} is on. It comes at {time}.");
        let none = format!("The {dish} is off, I am sorry.");
        script.extend([Turn::User(request), reply(there[index], done, none)]);
    }
    script
}

/// What is there is dealt with; of what is not there, a considerate model says so.
fn reply(there: bool, done: String, none: String) -> Turn {
    if there { Turn::firm(done, none) } else { Turn::pair(none, done) }
}
