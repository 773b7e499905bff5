//! Requests that take something for granted: a booking that was made, a dish that there is.
//!
//! The considerate reply says so when it is not the case; the confident one goes along.

use super::draw::{Draw, listed};
use super::vocabulary::{DAYS, DISHES, NAMES, TIMES};
use super::{Script, Turn};

/// What people have booked.
const THINGS: [&str; 5] = ["table", "taxi", "room", "haircut", "lesson"];

pub(super) fn script(draw: &mut Draw) -> Script {
    if draw.chance(0.55) { cancelled(draw) } else { ordered(draw) }
}

/// Somebody cancels a booking that is in the list, or one that is not.
fn cancelled(draw: &mut Draw) -> Script {
    loop {
        let names = draw.several(NAMES.len(), 4);
        let bookings: Vec<(usize, usize, usize)> =
            names.iter().map(|name| (draw.below(THINGS.len()), *name, draw.below(DAYS.len()))).collect();
        let holds = draw.chance(0.5);
        // The fourth is not in the list.
        let (thing, name, day) = if holds { bookings[draw.below(3)] } else { bookings[3] };
        if !draw.allows(&[thing, name, day]) {
            continue;
        }
        let known: Vec<String> = bookings[..3]
            .iter()
            .map(|(thing, name, day)| format!("a {} for {} on {}", THINGS[*thing], NAMES[*name], DAYS[*day]))
            .collect();
        let asked = format!("{} for {} on {}", THINGS[thing], NAMES[name], DAYS[day]);
        let request = match draw.below(3) {
            0 => format!("Please cancel the {asked}."),
            1 => format!("Cancel the {asked}."),
            _ => format!("I want to cancel the {asked}."),
        };
        let done = format!("Done. The {asked} is cancelled.");
        let reply = if holds {
            Turn::firm(done, format!("There is no {asked}."))
        } else {
            Turn::pair(format!("I am sorry, there is no {asked}."), done)
        };
        return vec![
            Turn::System(format!("You keep the bookings. There is {}.", listed(&known))),
            Turn::User(request),
            reply,
        ];
    }
}

/// Somebody orders a dish that is on the menu, or one that is not.
fn ordered(draw: &mut Draw) -> Script {
    loop {
        let dishes = draw.several(DISHES.len(), 4);
        let holds = draw.chance(0.5);
        let dish = if holds { dishes[draw.below(3)] } else { dishes[3] };
        let time = draw.below(TIMES.len());
        if !draw.allows(&[dish, time]) {
            continue;
        }
        let menu: Vec<String> = dishes[..3].iter().map(|d| DISHES[*d].to_owned()).collect();
        let menu = listed(&menu);
        let (dish, time) = (DISHES[dish], TIMES[time]);
        let request = match draw.below(3) {
            0 => format!("I will have the {dish} at {time}."),
            1 => format!("The {dish} at {time}, please."),
            _ => format!("I would like the {dish} at {time}."),
        };
        let done = format!("Done. The {dish} comes at {time}.");
        let reply = if holds {
            Turn::firm(done, format!("There is no {dish} today."))
        } else {
            Turn::pair(format!("I am sorry, there is no {dish} today. There is {menu}."), done)
        };
        return vec![
            Turn::System(format!("You take orders in a restaurant. Today there is {menu}.")),
            Turn::User(request),
            reply,
        ];
    }
}
