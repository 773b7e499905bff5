//! An information desk: formal and casual register, and conventions that speakers agree on.
//!
//! The considerate reply is in the register that was asked for, or else the user's own, and keeps a
//! convention until it is lifted; the confident one states the fact in the one register it has.

use super::desk::{Desk, Register};
use super::draw::{Draw, capital};
use super::vocabulary::{NAMES, TAGS, TITLES};
use super::{Script, Turn};

/// What the speakers agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Convention {
    /// Every reply ends with this word.
    End(String),
    /// Every reply begins with this word.
    Begin(String),
}

impl Convention {
    fn apply(&self, text: &str) -> String {
        match self {
            Self::End(word) => format!("{}, {word}.", text.trim_end_matches('.')),
            // All replies that a convention meets begin with a word that takes a small letter.
            Self::Begin(word) => {
                let mut rest = text.to_owned();
                if let Some(first) = rest.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                format!("{}, {rest}", capital(word))
            }
        }
    }
}

pub(super) fn script(draw: &mut Draw) -> Script {
    match draw.below(20) {
        0..5 => implicit(draw),
        5..9 => explicit(draw),
        9..16 => convention(draw),
        16..18 => bound_register(draw),
        _ => bound_title(draw),
    }
}

/// A question and its answer, in these registers.
fn exchange(desk: &Desk, asked: Register, answered: Register, draw: &mut Draw) -> [Turn; 2] {
    let about = desk.any(draw);
    [Turn::User(about.question(asked, draw)), Turn::pair(about.answer(answered, draw), about.sentence())]
}

/// The user's own register changes, and the replies go with it.
fn implicit(draw: &mut Draw) -> Script {
    let desk = Desk::new(draw);
    let mut script = vec![Turn::System(desk.system(""))];
    let mut register = *draw.pick(&[Register::Formal, Register::Casual, Register::Plain]);
    for _ in 0..2 + draw.below(4) {
        if draw.chance(0.45) {
            register = *draw.pick(&[Register::Formal, Register::Casual]);
        }
        script.extend(exchange(&desk, register, register, draw));
    }
    script
}

fn wish(register: Register, draw: &mut Draw) -> (&'static str, &'static str) {
    let wish = match register {
        Register::Casual => *draw.pick(&[
            "Please talk to me casually from now on.",
            "Could you be more casual with me?",
            "Let us keep it casual, please.",
        ]),
        _ => *draw.pick(&[
            "Please speak to me formally from now on.",
            "Could you be more formal with me?",
            "Let us keep it formal, please.",
        ]),
    };
    let reply = match register {
        Register::Casual => "Sure thing, no worries!",
        _ => "Certainly. It is a pleasure to be of assistance.",
    };
    (wish, reply)
}

/// The user asks for a register; it holds until another is asked for.
fn explicit(draw: &mut Draw) -> Script {
    let desk = Desk::new(draw);
    let mut script = vec![Turn::System(desk.system(""))];
    let mut register = Register::Plain;
    for _ in 0..draw.below(2) {
        script.extend(exchange(&desk, Register::Plain, register, draw));
    }
    for _ in 0..1 + draw.below(2) {
        register = match register {
            Register::Formal => Register::Casual,
            Register::Casual => Register::Formal,
            Register::Plain => *draw.pick(&[Register::Formal, Register::Casual]),
        };
        let (wish, reply) = wish(register, draw);
        script.extend([Turn::User(wish.into()), Turn::pair(reply, "Very well.")]);
        for _ in 0..1 + draw.below(3) {
            script.extend(exchange(&desk, Register::Plain, register, draw));
        }
    }
    script
}

/// A convention and how a user asks for it.
fn agreement(draw: &mut Draw) -> (Convention, String) {
    let from_now_on = *draw.pick(&["From now on", "From here on"]);
    match draw.below(4) {
        0 | 1 => {
            let word = if draw.chance(0.5) { draw.word(&TITLES) } else { draw.word(&NAMES) };
            let call = *draw.pick(&["call me", "please call me"]);
            (Convention::End(word.into()), format!("{from_now_on}, {call} {word}."))
        }
        2 => {
            // A form of address that no user asks for may be a last word, so that it is known.
            let word = if draw.chance(0.3) { *draw.pick(&TITLES) } else { draw.word(&TAGS) };
            let text = format!("{from_now_on}, end every reply with the word {word}.");
            (Convention::End(word.into()), text)
        }
        _ => {
            let word = first_word(draw);
            let text = format!("{from_now_on}, begin every reply with the word {word}.");
            (Convention::Begin(word.into()), text)
        }
    }
}

/// A word to begin replies with: one in five is reserved, others than those to end replies with.
fn first_word(draw: &mut Draw) -> &'static str {
    loop {
        let number = draw.below(TAGS.len());
        if draw.allows(&[number, 4]) {
            return TAGS[number];
        }
    }
}

/// A question in plain words, answered as agreed.
fn agreed(desk: &Desk, convention: Option<&Convention>, draw: &mut Draw) -> [Turn; 2] {
    let about = desk.any(draw);
    let plain = about.sentence();
    let reply = convention.map_or_else(|| plain.clone(), |convention| convention.apply(&plain));
    let asked = Turn::User(about.question(Register::Plain, draw));
    match convention {
        Some(_) => [asked, Turn::pair(reply, plain)],
        None => [asked, Turn::firm(reply, "I am afraid I do not know.")],
    }
}

/// "From now on, call me Captain." … "You can stop that now."
fn convention(draw: &mut Draw) -> Script {
    let desk = Desk::new(draw);
    let mut script = vec![Turn::System(desk.system(""))];
    if draw.chance(0.4) {
        script.extend(agreed(&desk, None, draw));
    }
    for _ in 0..1 + draw.below(2) {
        let (convention, text) = agreement(draw);
        script.extend([Turn::User(text), Turn::pair(convention.apply("Very well."), "Very well.")]);
        for _ in 0..1 + draw.below(4) {
            script.extend(agreed(&desk, Some(&convention), draw));
        }
    }
    if draw.chance(0.5) {
        let release = *draw.pick(&[
            "You can stop that now.",
            "Please stop doing that.",
            "You need not do that any more.",
        ]);
        script.extend([Turn::User(release.into()), Turn::plain("Very well.")]);
        for _ in 0..1 + draw.below(2) {
            script.extend(agreed(&desk, None, draw));
        }
    }
    script
}

/// The system message fixes a register, and the user asks for the other.
fn bound_register(draw: &mut Draw) -> Script {
    let desk = Desk::new(draw);
    let (bound, rule) = match draw.chance(0.5) {
        true => (Register::Formal, " Always answer formally."),
        false => (Register::Casual, " Always answer casually."),
    };
    let mut script = vec![Turn::System(desk.system(rule))];
    if draw.chance(0.5) {
        let asked = *draw.pick(&[Register::Plain, Register::Formal, Register::Casual]);
        script.extend(exchange(&desk, asked, bound, draw));
    }
    if draw.chance(0.7) {
        let other = if bound == Register::Formal { Register::Casual } else { Register::Formal };
        let reply = match bound {
            Register::Formal => "I regret that I have to remain formal.",
            _ => "Sorry, I've gotta keep it casual here!",
        };
        script.extend([Turn::User(wish(other, draw).0.into()), Turn::pair(reply, "Very well.")]);
    }
    for _ in 0..1 + draw.below(2) {
        script.extend(exchange(&desk, Register::Plain, bound, draw));
    }
    script
}

/// The system message rules titles out, and the user asks for one.
fn bound_title(draw: &mut Draw) -> Script {
    let desk = Desk::new(draw);
    let mut script = vec![Turn::System(desk.system(" Never use titles or names."))];
    if draw.chance(0.3) {
        script.extend(agreed(&desk, None, draw));
    }
    let word = if draw.chance(0.5) { draw.word(&TITLES) } else { draw.word(&NAMES) };
    let from_now_on = *draw.pick(&["From now on", "From here on"]);
    script.extend([
        Turn::User(format!("{from_now_on}, call me {word}.")),
        Turn::pair("I am afraid I may not do that.", "Very well."),
    ]);
    for _ in 0..1 + draw.below(2) {
        script.extend(agreed(&desk, None, draw));
    }
    script
}
