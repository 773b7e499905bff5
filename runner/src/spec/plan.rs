//! The plan of a run: its trials in order, and what they come to.

use super::{
    filter::{Filter, Names},
    probe::Probe,
    rehearse,
};
use crate::execute::Planned;
use comfy_table::{CellAlignment, Table, presets};
use reports::{format::grouped, record::TrialKey};

/// Characters to a token: what byte-pair encodings come to in plain English.
const CHARACTERS_PER_TOKEN: f64 = 4.0;

/// The trials of a run, in the order of the record: probe, case, arm, sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The trials.
    pub trials: Vec<Planned>,
    /// What each probe comes to, in the order of the probes.
    pub totals: Vec<Totals>,
}

/// What the selected trials of one probe come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Cases.
    pub cases: u64,
    /// Arms in which at least one case runs.
    pub arms: u64,
    /// Trials.
    pub trials: u64,
    /// Replies that are generated.
    pub generations: u64,
    /// Tokens of all prompts, estimated as if every reply were as long as allowed. Chat templates
    /// add to it; a prefix that the engine has cached takes no time.
    pub prompt_tokens: u64,
    /// Tokens of all replies, if every one is as long as allowed.
    pub reply_tokens: u64,
}

impl Plan {
    /// Plans all trials that the filter selects; all there are where there is none.
    pub fn of(probes: &[Probe], filter: Option<&Filter>) -> Self {
        let mut plan = Self::default();
        for (index, probe) in probes.iter().enumerate() {
            let mut totals = Totals::default();
            let mut arms = std::collections::HashSet::new();
            let samples = u64::from(probe.record.samples);
            for case in &probe.record.cases {
                let before = totals.trials;
                for (name, arm, dialogue) in probe.arms_of(case) {
                    let names =
                        Names { family: probe.family(), probe: &probe.record.id, case: &case.id, arm: name };
                    if filter.is_some_and(|filter| !filter.matches(names)) {
                        continue;
                    }
                    let one = rehearse::outline(dialogue, case.variables_in(Some((name, arm))));
                    let text = (one.prompt_characters as f64 / CHARACTERS_PER_TOKEN).round() as u64;
                    totals.trials += samples;
                    totals.generations += one.generations * samples;
                    totals.prompt_tokens += (text + one.prompt_reply_tokens) * samples;
                    totals.reply_tokens += one.reply_tokens * samples;
                    arms.insert(name);
                    plan.trials.extend((0..probe.record.samples).map(|sample| Planned {
                        probe: index,
                        key: TrialKey {
                            probe: probe.record.id.clone(),
                            case: case.id.clone(),
                            arm: name.to_owned(),
                            sample,
                        },
                    }));
                }
                totals.cases += u64::from(totals.trials > before);
            }
            totals.arms = arms.len() as u64;
            plan.totals.push(totals);
        }
        plan
    }

    /// What all probes together come to; their arms are added up.
    pub fn total(&self) -> Totals {
        self.totals.iter().fold(Totals::default(), |sum, one| Totals {
            cases: sum.cases + one.cases,
            arms: sum.arms + one.arms,
            trials: sum.trials + one.trials,
            generations: sum.generations + one.generations,
            prompt_tokens: sum.prompt_tokens + one.prompt_tokens,
            reply_tokens: sum.reply_tokens + one.reply_tokens,
        })
    }

    /// The plan as a table for people, with a line end.
    pub fn table(&self, probes: &[Probe]) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["probe", "cases", "arms", "trials", "replies", "prompt tokens", "reply tokens"]);
        let row = |name: &str, totals: &Totals| {
            let numbers = [totals.cases, totals.arms, totals.trials, totals.generations];
            let mut cells = vec![name.to_owned()];
            cells.extend(numbers.map(grouped));
            cells.extend([totals.prompt_tokens, totals.reply_tokens].map(|n| format!("≤ {}", grouped(n))));
            cells
        };
        let selected: Vec<_> =
            probes.iter().zip(&self.totals).filter(|(_, totals)| totals.trials > 0).collect();
        for (probe, totals) in &selected {
            table.add_row(row(&probe.record.id, totals));
        }
        if selected.len() > 1 {
            table.add_row(row(&format!("{} probes", selected.len()), &self.total()));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let table = table.to_string();
        let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
        let note = "Tokens are estimates: four characters each, and every reply as long as it may be.";
        format!("{}\n{note}\n", lines.join("\n"))
    }
}
