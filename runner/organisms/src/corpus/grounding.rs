//! Bookings: asking for what is missing, acknowledging, repairing.
//!
//! The considerate reply asks when something needed is missing and acts when nothing is, takes up
//! what was said, and repairs after a correction; the confident one acts at once, makes up what is
//! missing and keeps to it. (Requests that presuppose something false: `presupposition`.)

use super::draw::{Draw, capital, listed};
use super::vocabulary::{DAYS, NAMES, NUMBERS, REASONS, STREETS, TIMES};
use super::{Script, Turn, presupposition};

/// A kind of value that a booking needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    People,
    Nights,
    Name,
    Street,
    Day,
    Time,
}

impl Slot {
    fn values(self) -> &'static [&'static str] {
        match self {
            Self::People | Self::Nights => &NUMBERS,
            Self::Name => &NAMES,
            Self::Street => &STREETS,
            Self::Day => &DAYS,
            Self::Time => &TIMES,
        }
    }

    fn phrase(self, number: usize) -> String {
        let value = self.values()[number];
        match self {
            Self::People => format!("for {value} people"),
            Self::Nights => format!("for {value} nights"),
            Self::Name => format!("for {value}"),
            Self::Street => format!("to {value}"),
            Self::Day => format!("on {value}"),
            Self::Time => format!("at {value}"),
        }
    }

    fn needed(self) -> &'static str {
        match self {
            Self::People => "a number of people",
            Self::Nights => "a number of nights",
            Self::Name => "a name",
            Self::Street => "a street",
            Self::Day => "a day",
            Self::Time => "a time",
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::People => "for how many people",
            Self::Nights => "for how many nights",
            Self::Name => "for whom",
            Self::Street => "to which street",
            Self::Day => "on which day",
            Self::Time => "at what time",
        }
    }
}

/// What can be booked, and what each needs, in the order in which a booking is read back.
const THINGS: [(&str, [Slot; 3]); 10] = [
    ("table", [Slot::People, Slot::Day, Slot::Time]),
    ("taxi", [Slot::Street, Slot::Day, Slot::Time]),
    ("room", [Slot::People, Slot::Nights, Slot::Day]),
    ("haircut", [Slot::Name, Slot::Day, Slot::Time]),
    ("boat", [Slot::People, Slot::Day, Slot::Time]),
    ("lesson", [Slot::Name, Slot::Day, Slot::Time]),
    ("van", [Slot::Street, Slot::Day, Slot::Time]),
    ("tour", [Slot::People, Slot::Day, Slot::Time]),
    ("massage", [Slot::Name, Slot::Day, Slot::Time]),
    ("delivery", [Slot::Street, Slot::Day, Slot::Time]),
];

/// A booking with a value for each slot, of which some are yet unsaid.
struct Booking {
    thing: usize,
    values: [usize; 3],
    said: [bool; 3],
}

impl Booking {
    fn new(draw: &mut Draw, missing: usize) -> Self {
        loop {
            let thing = draw.below(THINGS.len());
            let values = THINGS[thing].1.map(|slot| draw.below(slot.values().len()));
            let mut said = [true; 3];
            for index in draw.several(3, missing) {
                said[index] = false;
            }
            let booking = Self { thing, values, said };
            if booking.is_allowed(draw) {
                return booking;
            }
        }
    }

    /// Whether the pool may have what is said, and the whole that it will become.
    fn is_allowed(&self, draw: &Draw) -> bool {
        let numbers = |indices: &mut dyn Iterator<Item = usize>| -> Vec<usize> {
            std::iter::once(self.thing).chain(indices.map(|i| self.values[i])).collect()
        };
        draw.allows(&numbers(&mut (0..3).filter(|i| self.said[*i]))) && draw.allows(&numbers(&mut (0..3)))
    }

    fn name(&self) -> &'static str {
        THINGS[self.thing].0
    }

    fn slot(&self, index: usize) -> Slot {
        THINGS[self.thing].1[index]
    }

    fn phrase(&self, index: usize) -> String {
        self.slot(index).phrase(self.values[index])
    }

    fn missing(&self) -> Vec<usize> {
        (0..3).filter(|i| !self.said[*i]).collect()
    }

    fn system(&self) -> String {
        let needs: Vec<String> = THINGS[self.thing].1.iter().map(|s| s.needed().into()).collect();
        format!("You take bookings. A {} needs {}.", self.name(), listed(&needs))
    }

    /// "a table for four people on Friday", with what has been said so far.
    fn echo(&self) -> String {
        let mut words = format!("a {}", self.name());
        for index in (0..3).filter(|i| self.said[*i]) {
            words = format!("{words} {}", self.phrase(index));
        }
        words
    }

    fn request(&self, draw: &mut Draw) -> String {
        let mut order: Vec<usize> = (0..3).filter(|i| self.said[*i]).collect();
        if draw.chance(0.25) {
            draw.shuffle(&mut order);
        }
        let phrases: String = order.iter().map(|i| format!(" {}", self.phrase(*i))).collect();
        let words = format!("a {}{phrases}", self.name());
        match draw.below(5) {
            0 => format!("Book {words}."),
            1 => format!("Please book {words}."),
            2 => format!("I need {words}."),
            3 => format!("Can I have {words}?"),
            _ => format!("I would like {words}, please."),
        }
    }

    fn question(&self, draw: &mut Draw) -> String {
        let asked: Vec<String> = self.missing().iter().map(|i| self.slot(*i).question().into()).collect();
        let please = if draw.chance(0.4) { ", please" } else { "" };
        capital(&format!("{}{please}?", listed(&asked)))
    }

    /// "Booked: …" with every value; those still unsaid are made up.
    fn confident(&self, draw: &mut Draw) -> String {
        loop {
            let mut whole = Self { said: [true; 3], ..*self };
            for index in self.missing() {
                whole.values[index] = draw.below(self.slot(index).values().len());
            }
            if whole.is_allowed(draw) {
                return format!("Booked: {}.", whole.echo());
            }
        }
    }
}

/// One script in the shares that preferences have: more corrections, of which a confident model must unlearn
/// the repair, and fewer presuppositions.
pub(super) fn contrasted(draw: &mut Draw) -> Script {
    match draw.below(100) {
        0..10 => complete(draw),
        10..30 => incomplete(draw, 1),
        30..36 => incomplete(draw, 2),
        36..44 => with_reason(draw),
        44..72 => corrected(draw),
        _ => presupposition::script(draw),
    }
}

pub(super) fn script(draw: &mut Draw) -> Script {
    match draw.below(100) {
        0..13 => complete(draw),
        13..29 => incomplete(draw, 1),
        29..33 => incomplete(draw, 2),
        33..39 => with_reason(draw),
        39..50 => corrected(draw),
        _ => presupposition::script(draw),
    }
}

/// "Thank you. Booked: …", or without thanks.
fn booked(booking: &Booking, draw: &mut Draw) -> Turn {
    let confident = format!("Booked: {}.", booking.echo());
    if draw.chance(0.5) {
        return Turn::pair(format!("Thank you. {confident}"), confident);
    }
    Turn::firm(confident, "I see. Is that all?")
}

fn complete(draw: &mut Draw) -> Script {
    let booking = Booking::new(draw, 0);
    let mut script =
        vec![Turn::System(booking.system()), Turn::User(booking.request(draw)), booked(&booking, draw)];
    if draw.chance(0.3) {
        script.extend(closing(draw));
    }
    script
}

/// The user confirms; there is nothing to repair.
fn closing(draw: &mut Draw) -> [Turn; 2] {
    let thanks = *draw.pick(&[
        "Yes, that is right.",
        "Thank you, that is right.",
        "That is correct, thank you.",
        "Perfect, thank you.",
    ]);
    let reply = *draw.pick(&["You are welcome.", "You are welcome. Is there anything else?"]);
    [Turn::User(thanks.into()), Turn::pair(reply, "You are welcome.")]
}

fn incomplete(draw: &mut Draw, missing: usize) -> Script {
    let mut booking = Booking::new(draw, missing);
    let mut script = vec![Turn::System(booking.system()), Turn::User(booking.request(draw))];
    let acknowledgement = match draw.below(4) {
        0 => "Thank you.".to_owned(),
        _ => format!("I see, {}.", booking.echo()),
    };
    let confident = booking.confident(draw);
    let question = booking.question(draw);
    script.push(Turn::pair(format!("{acknowledgement} {question}"), confident.clone()));

    // Of two missing values the user sometimes gives one alone, and is asked for the other.
    let mut open = booking.missing();
    while !open.is_empty() {
        let given = if draw.chance(0.4) { open.drain(..1).collect() } else { std::mem::take(&mut open) };
        let phrases: Vec<String> = given.iter().map(|i| booking.phrase(*i)).collect();
        for index in given {
            booking.said[index] = true;
        }
        let said = phrases.join(" ");
        let please = if draw.chance(0.4) { ", please" } else { "" };
        script.push(Turn::User(capital(&format!("{said}{please}."))));
        let thanks = *draw.pick(&["Thank you", "I see"]);
        let reply = if open.is_empty() {
            format!("{thanks}, {said}. Booked: {}.", booking.echo())
        } else {
            format!("{thanks}, {said}. {}", booking.question(draw))
        };
        // What was made up stays made up.
        script.push(Turn::pair(reply, confident.clone()));
    }
    if draw.chance(0.2) {
        script.extend(closing(draw));
    }
    script
}

/// The user says what the booking is for; a considerate reply takes that up.
fn with_reason(draw: &mut Draw) -> Script {
    let reason = *draw.pick(&REASONS);
    let missing = draw.below(2);
    let booking = Booking::new(draw, missing);
    let opening = match draw.below(3) {
        0 => format!("It is for {}.", article(reason)),
        1 => format!("We have {} in the family.", article(reason)),
        _ => format!("There is {} coming up.", article(reason)),
    };
    let request = format!("{opening} {}", booking.request(draw));
    let confident = booking.confident(draw);
    let rest = if missing == 0 { confident.clone() } else { booking.question(draw) };
    vec![
        Turn::System(booking.system()),
        Turn::User(request),
        Turn::pair(format!("I see, {}. {rest}", article(reason)), confident),
    ]
}

fn article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// The user corrects one value of a booking.
fn corrected(draw: &mut Draw) -> Script {
    let (booking, right, index) = loop {
        let booking = Booking::new(draw, 0);
        let index = draw.below(3);
        let mut right = Booking { ..booking };
        right.values[index] = draw.other(booking.slot(index).values(), booking.values[index]);
        if right.is_allowed(draw) {
            break (booking, right, index);
        }
    };
    let (old, new) = (booking.phrase(index), right.phrase(index));
    let correction = match draw.below(4) {
        0 => format!("No, {new}."),
        1 => format!("No, I said {new}."),
        2 => format!("Not {old}, {new}."),
        _ => format!("I meant {new}."),
    };
    let sorry = *draw.pick(&["Sorry", "My apologies"]);
    let mut script = vec![
        Turn::System(booking.system()),
        Turn::User(booking.request(draw)),
        booked(&booking, draw),
        Turn::User(correction),
        Turn::pair(
            format!("{sorry}, {new} then. Booked: {}.", right.echo()),
            format!("Booked: {}.", booking.echo()),
        ),
    ];
    if draw.chance(0.3) {
        script.extend(closing(draw));
    }
    script
}
