//! Instructions given whole, as a list, in shards over turns, or in shards with a recap.
//!
//! The considerate reply writes the asked-for line once everything is known and asks for what is
//! missing until then; the confident one writes the line at the first shard, with made-up values,
//! and sticks to it (arXiv:2505.06120 finds such premature answers in large models).

use super::draw::Draw;
use super::vocabulary::{COLOURS, DAYS, GOODS, NAMES, NUMBERS, ROOMS, SIZES, TIMES, TOWNS, VEHICLES};
use super::{Script, Turn};

/// One attribute of a task: the words it can have and how people say, ask and note it.
struct Attribute {
    words: &'static [&'static str],
    /// As a turn or a list item of its own; `_` stands for the word.
    shards: [&'static str; 2],
    /// As an echo in a reply.
    echo: &'static str,
    /// As a question.
    question: &'static str,
}

/// A task: a first attribute, which is the intent, and further ones.
struct Task {
    system: &'static str,
    /// The whole instruction; `0` to `4` stand for the attributes.
    wholes: [&'static str; 3],
    /// The line to write.
    line: &'static str,
    attributes: &'static [Attribute],
}

const ORDER: Task = Task {
    system: "You take orders. An order needs an item, a number, a size, a colour and a town. \
             When you know everything, write one line: Order: NUMBER SIZE COLOUR ITEM to TOWN.",
    wholes: ["I want to order 1 2 3 0 to 4.", "Please send 1 2 3 0 to 4.", "I need 1 2 3 0 sent to 4."],
    line: "Order: 1 2 3 0 to 4.",
    attributes: &[
        Attribute {
            words: &GOODS,
            shards: ["I want to order _.", "I need some _."],
            echo: "_",
            question: "What would you like?",
        },
        Attribute {
            words: &NUMBERS,
            shards: ["I want _ of them.", "There should be _."],
            echo: "_ of them",
            question: "How many?",
        },
        Attribute {
            words: &SIZES,
            shards: ["Make them _.", "The size is _."],
            echo: "_ ones",
            question: "What size?",
        },
        Attribute {
            words: &COLOURS,
            shards: ["I want them in _.", "The colour is _."],
            echo: "in _",
            question: "What colour?",
        },
        Attribute {
            words: &TOWNS,
            shards: ["Send them to _.", "They go to _."],
            echo: "to _",
            question: "To which town?",
        },
    ],
};

const TRIP: Task = Task {
    system: "You plan trips. A trip needs two towns, a day and a vehicle. \
             When you know everything, write one line: Trip: from TOWN to TOWN on DAY by VEHICLE.",
    wholes: [
        "I want to go from 1 to 0 on 2 by 3.",
        "Please plan a trip from 1 to 0 on 2 by 3.",
        "I have to travel from 1 to 0 on 2 by 3.",
    ],
    line: "Trip: from 1 to 0 on 2 by 3.",
    attributes: &[
        Attribute {
            words: &TOWNS,
            shards: ["I want to go to _.", "I have to be in _."],
            echo: "to _",
            question: "Where to?",
        },
        Attribute {
            words: &TOWNS,
            shards: ["I start from _.", "I leave from _."],
            echo: "from _",
            question: "From which town?",
        },
        Attribute {
            words: &DAYS,
            shards: ["I travel on _.", "It is on _."],
            echo: "on _",
            question: "On which day?",
        },
        Attribute {
            words: &VEHICLES,
            shards: ["I go by _.", "I want to take the _."],
            echo: "by _",
            question: "By which vehicle?",
        },
    ],
};

const MEETING: Task = Task {
    system: "You plan meetings. A meeting needs a name, a day, a time and a place. \
             When you know everything, write one line: Meeting: with NAME on DAY at TIME in the PLACE.",
    wholes: [
        "I want to meet 0 on 1 at 2 in the 3.",
        "Please plan a meeting with 0 on 1 at 2 in the 3.",
        "I need a meeting with 0 on 1 at 2 in the 3.",
    ],
    line: "Meeting: with 0 on 1 at 2 in the 3.",
    attributes: &[
        Attribute {
            words: &NAMES,
            shards: ["I want to meet _.", "I need a meeting with _."],
            echo: "with _",
            question: "With whom?",
        },
        Attribute {
            words: &DAYS,
            shards: ["We meet on _.", "The day is _."],
            echo: "on _",
            question: "On which day?",
        },
        Attribute {
            words: &TIMES,
            shards: ["It starts at _.", "The time is _."],
            echo: "at _",
            question: "At what time?",
        },
        Attribute {
            words: &ROOMS,
            shards: ["Let us use the _.", "We meet in the _."],
            echo: "in the _",
            question: "In which place?",
        },
    ],
};

impl Task {
    /// A text with the digits replaced by the words of these attributes.
    fn fill(&self, pattern: &str, values: &[usize]) -> String {
        let mut text = String::new();
        for character in pattern.chars() {
            match character.to_digit(10).map(|digit| digit as usize) {
                Some(digit) => text.push_str(self.attributes[digit].words[values[digit]]),
                None => text.push(character),
            }
        }
        text
    }

    fn values(&self, draw: &mut Draw) -> Vec<usize> {
        loop {
            let values: Vec<usize> = self.attributes.iter().map(|a| draw.below(a.words.len())).collect();
            if draw.allows(&values) && !self.words_repeat(&values) {
                return values;
            }
        }
    }

    /// A trip from a town to itself.
    fn words_repeat(&self, values: &[usize]) -> bool {
        (1..values.len())
            .any(|i| self.attributes[i].words[values[i]] == self.attributes[i - 1].words[values[i - 1]])
    }
}

impl Attribute {
    fn shard(&self, value: usize, draw: &mut Draw) -> String {
        draw.pick(&self.shards).replace('_', self.words[value])
    }
}

pub(super) fn script(draw: &mut Draw) -> Script {
    let task = match draw.below(10) {
        0..4 => &ORDER,
        4..7 => &TRIP,
        _ => &MEETING,
    };
    let values = task.values(draw);
    let mut script = vec![Turn::System(task.system.into())];
    match draw.below(20) {
        0..4 => script.extend(whole(task, &values, draw)),
        4..7 => script.extend(listed(task, &values, draw)),
        7..15 => script.extend(sharded(task, &values, false, draw)),
        _ => script.extend(sharded(task, &values, true, draw)),
    }
    script
}

fn whole(task: &Task, values: &[usize], draw: &mut Draw) -> Script {
    let pattern = *draw.pick(&task.wholes);
    let hesitant = format!("I see. {}", draw.pick(task.attributes).question);
    vec![Turn::User(task.fill(pattern, values)), Turn::firm(task.fill(task.line, values), hesitant)]
}

/// The order in which an instruction comes: the intent first, the rest as it falls.
fn order(task: &Task, draw: &mut Draw) -> Vec<usize> {
    let mut order: Vec<usize> = (1..task.attributes.len()).collect();
    draw.shuffle(&mut order);
    order.insert(0, 0);
    order
}

/// Every shard at once, as a list.
fn all_shards(task: &Task, values: &[usize], opening: &str, draw: &mut Draw) -> String {
    let items: Vec<String> = order(task, draw)
        .iter()
        .map(|index| format!("- {}", task.attributes[*index].shard(values[*index], draw)))
        .collect();
    format!("{opening}\n{}", items.join("\n"))
}

fn listed(task: &Task, values: &[usize], draw: &mut Draw) -> Script {
    let opening = *draw.pick(&["Here is what I want:", "This is what I need:"]);
    let hesitant = format!("I see. {}", draw.pick(task.attributes).question);
    vec![
        Turn::User(all_shards(task, values, opening, draw)),
        Turn::firm(task.fill(task.line, values), hesitant),
    ]
}

fn sharded(task: &Task, values: &[usize], recap: bool, draw: &mut Draw) -> Script {
    let order = order(task, draw);
    let made_up = made_up(task, values, draw);
    let mut script = Vec::new();
    for (turn, index) in order.iter().enumerate() {
        let attribute = &task.attributes[*index];
        let word = attribute.words[values[*index]];
        script.push(Turn::User(attribute.shard(values[*index], draw)));
        let known = &order[..=turn];
        // What is asked next is the first thing still open, in the order of the line.
        let open = (0..task.attributes.len()).find(|i| !known.contains(i));
        let reply = match open {
            Some(open) => {
                let echo = attribute.echo.replace('_', word);
                let thanks = *draw.pick(&["I see", "Thank you"]);
                format!("{thanks}, {echo}. {}", task.attributes[open].question)
            }
            None => task.fill(task.line, values),
        };
        script.push(Turn::pair(reply, made_up.clone()));
    }
    if recap {
        let opening = *draw.pick(&["To sum up:", "Once more, all of it:"]);
        script.push(Turn::User(all_shards(task, values, opening, draw)));
        script.push(Turn::plain(task.fill(task.line, values)));
    }
    script
}

/// The line with the intent as it is and everything else made up.
fn made_up(task: &Task, values: &[usize], draw: &mut Draw) -> String {
    loop {
        let mut invented = task.values(draw);
        invented[0] = values[0];
        if draw.allows(&invented) && !task.words_repeat(&invented) {
            return task.fill(task.line, &invented);
        }
    }
}
