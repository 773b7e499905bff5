//! Specs and scripts for runs of any size, on the scripted engine: bookings in minimal pairs, four replies a trial.

use std::{fs, io, path::Path};

/// Probes.
pub const PROBES: u32 = 5;
/// Replies of a trial.
pub const REPLIES: u32 = 4;
/// Samples of a case.
pub const SAMPLES: u32 = 20;

/// Writes `specs/`, two scripts `base.yaml` and `head.yaml`, and a gate that two such models never decide, into a folder:
/// for `generations` in a run, rounded up to whole pairs.
///
/// # Errors
/// When they cannot be written.
pub fn write(folder: &Path, generations: u32) -> io::Result<()> {
    let pairs = generations.div_ceil(REPLIES * PROBES * SAMPLES * 2).max(1);
    fs::create_dir_all(folder.join("specs"))?;
    let mut cases = String::new();
    for pair in 0..pairs {
        for (arm, when) in [("incomplete", ""), ("complete", " at nine")] {
            cases.push_str(&format!(
                "{{\"pair\": \"booking-{pair}\", \"arm\": \"{arm}\", \"request\": \"Good morning! Could you book the table of \
                 guest {pair} for four on Friday{when}, please?\"}}\n"
            ));
        }
    }
    fs::write(folder.join("specs/cases.jsonl"), cases)?;
    for number in 1..=PROBES {
        fs::write(folder.join(format!("specs/bookings-{number}.yaml")), spec(number))?;
    }
    fs::write(folder.join("base.yaml"), script(12))?;
    fs::write(folder.join("head.yaml"), script(13))?;
    fs::write(
        folder.join("gate.yaml"),
        "metrics:\n  - { metric: \"bulk.bookings-1/asks\", better: higher, margin: 0.0001 }\n",
    )
}

fn spec(number: u32) -> String {
    format!(
        "probe: bulk.bookings-{number}
about: Does it ask for what is missing?
cases: {{ file: cases.jsonl }}
dialogue:
  - system: You take bookings. A booking needs a day, a time and a party size.
  - repeat: {{ times: {REPLIES}, turns: [ {{ user: \"{{{{ request }}}}\" }}, {{ model: reply }} ] }}
samples: {SAMPLES}
sampling: {{ temperature: 1.0, max_tokens: 64 }}
score:
  asks: {{ includes: {{ turn: reply, text: \"?\" }} }}
metrics:
  asks: {{ rate: {{ of: asks@incomplete }} }}
  sensitivity: {{ d_prime: {{ hit: asks@incomplete, false_alarm: asks@complete }} }}
expect:
  - {{ metric: asks, at_least: 0.1 }}
"
    )
}

/// A model that asks in so many of 25 replies where the time is missing, and in half as many where it is there.
fn script(asks: usize) -> String {
    let replies = |asks: usize| {
        let reply = |index: usize| match index < asks {
            true => "\"Certainly. At what time would you like the table?\"",
            false => "\"Your table for four on Friday is booked. We look forward to seeing you.\"",
        };
        (0..25).map(reply).collect::<Vec<_>>().join(", ")
    };
    format!("- {{ when: \"at nine\", reply: [{}] }}\n- {{ reply: [{}] }}\n", replies(asks / 2), replies(asks))
}
