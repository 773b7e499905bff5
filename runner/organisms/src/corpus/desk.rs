//! The information desk at which registers are practised: facts about places, how people ask for
//! them, and how they are told in each register.

use super::draw::Draw;
use super::vocabulary::{SIGHTS, STREETS, TIMES};

/// A way to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Register {
    Formal,
    Casual,
    Plain,
}

/// What the desk knows of a place: when it opens, or where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    place: &'static str,
    topic: Topic,
    /// A time or a street.
    value: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Topic {
    Opening,
    Location,
}

impl Fact {
    /// Every fifth place is reserved where its opening is concerned; that it is somewhere may be
    /// said of any, so that the words are known.
    fn new(draw: &mut Draw) -> Self {
        if draw.chance(0.7) {
            let place = draw.word(&SIGHTS);
            return Self { place, topic: Topic::Opening, value: *draw.pick(&TIMES) };
        }
        Self { place: *draw.pick(&SIGHTS), topic: Topic::Location, value: *draw.pick(&STREETS) }
    }

    pub(super) fn sentence(&self) -> String {
        let Self { place, value, .. } = self;
        match self.topic {
            Topic::Opening => format!("The {place} opens at {value}."),
            Topic::Location => format!("The {place} is in {value}."),
        }
    }

    pub(super) fn question(&self, register: Register, draw: &mut Draw) -> String {
        let patterns: [&str; 3] = match (register, self.topic) {
            (Register::Formal, Topic::Opening) => [
                "Good day. Could you please tell me when the _ opens?",
                "Excuse me. Would you kindly tell me when the _ opens?",
                "Good day. May I ask when the _ opens?",
            ],
            (Register::Formal, Topic::Location) => [
                "Good day. Could you please tell me where the _ is?",
                "Excuse me. Would you kindly tell me where the _ is?",
                "Good day. May I ask where the _ is?",
            ],
            (Register::Casual, Topic::Opening) => [
                "Hey, when's the _ open?",
                "Hi there, what time's the _ open?",
                "Yo, any idea when the _ opens?",
            ],
            (Register::Casual, Topic::Location) => {
                ["Hey, where's the _?", "Hi there, where's the _ at?", "Yo, any idea where the _ is?"]
            }
            (Register::Plain, Topic::Opening) => {
                ["When does the _ open?", "At what time does the _ open?", "What time does the _ open?"]
            }
            (Register::Plain, Topic::Location) => {
                ["Where is the _?", "In which street is the _?", "Where can I find the _?"]
            }
        };
        draw.pick(&patterns).replace('_', self.place)
    }

    pub(super) fn answer(&self, register: Register, draw: &mut Draw) -> String {
        let sentence = self.sentence();
        let short = match self.topic {
            Topic::Opening => format!("open at {}", self.value),
            Topic::Location => format!("in {}", self.value),
        };
        let patterns: [String; 3] = match register {
            Register::Plain => return sentence,
            Register::Formal => [
                format!("Certainly. {sentence} Please let me know if you require further assistance."),
                format!("Good day. {sentence} It is a pleasure to be of assistance."),
                format!("Certainly. {sentence} I would be pleased to assist you further."),
            ],
            Register::Casual => [
                format!("Hey! The {}'s {short}, no worries!", self.place),
                format!("Yeah, the {}'s {short}. Cool!", self.place),
                format!("Sure thing! It's {short}, yeah."),
            ],
        };
        draw.pick(&patterns).clone()
    }
}

/// A desk that knows a fact each about two places.
pub(super) struct Desk {
    facts: [Fact; 2],
}

impl Desk {
    pub(super) fn new(draw: &mut Draw) -> Self {
        let first = Fact::new(draw);
        loop {
            let second = Fact::new(draw);
            if second.place != first.place {
                return Self { facts: [first, second] };
            }
        }
    }

    pub(super) fn system(&self, rule: &str) -> String {
        let [first, second] = self.facts.map(|fact| fact.sentence());
        format!("You work at an information desk. {first} {second}{rule}")
    }

    pub(super) fn any(&self, draw: &mut Draw) -> Fact {
        *draw.pick(&self.facts)
    }
}
