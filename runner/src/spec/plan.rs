//! The plan of a run: its trials in order, and what they come to. Trials are made from it one by one, since a large run
//! has more of them than anybody wants in memory.

use super::{
    filter::{Filter, Names},
    probe::Probe,
    rehearse,
};
use comfy_table::{CellAlignment, Table, presets};
use reports::{format::grouped, record::TrialKey};

/// Characters to a token: what byte-pair encodings come to in plain English.
const CHARACTERS_PER_TOKEN: f64 = 4.0;

/// The trials of a run, in the order of the record: probe, case, arm, sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    cells: Vec<Cell>,
    /// What each probe comes to, in the order of the probes.
    pub totals: Vec<Totals>,
}

/// The samples of one case in one arm: indices of the probe, of its case and of its arm, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    probe: u32,
    case: u32,
    arm: u32,
    samples: u32,
}

/// One trial to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Index of its probe.
    pub probe: usize,
    /// Which trial.
    pub key: TrialKey,
}

/// A trial of a plan: the index of its cell, and its sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialIndex {
    cell: u32,
    sample: u32,
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
            for (number, case) in (0..).zip(&probe.record.cases) {
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
                    let arm = probe.record.arms.get_index_of(name).unwrap_or_default() as u32;
                    let samples = probe.record.samples;
                    plan.cells.push(Cell { probe: index as u32, case: number, arm, samples });
                }
                totals.cases += u64::from(totals.trials > before);
            }
            totals.arms = arms.len() as u64;
            plan.totals.push(totals);
        }
        plan
    }

    /// How many trials there are.
    pub fn len(&self) -> usize {
        self.cells.iter().map(|cell| cell.samples as usize).sum()
    }

    /// Whether there is no trial.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the trials stand, in their order.
    pub fn places(&self) -> impl Iterator<Item = TrialIndex> {
        let cells = (0..).zip(&self.cells);
        cells.flat_map(|(cell, one)| (0..one.samples).map(move |sample| TrialIndex { cell, sample }))
    }

    /// The trial at a place; `probes` are those that were planned. None where they have no such trial.
    pub fn trial(&self, probes: &[Probe], place: TrialIndex) -> Option<Planned> {
        let cell = self.cells.get(place.cell as usize)?;
        let index = cell.probe as usize;
        let probe = &probes.get(index)?.record;
        let (case, (arm, _)) =
            (probe.cases.get(cell.case as usize)?, probe.arms.get_index(cell.arm as usize)?);
        let (case, arm, sample) = (case.id.clone(), arm.clone(), place.sample);
        Some(Planned { probe: index, key: TrialKey { probe: probe.id.clone(), case, arm, sample } })
    }

    /// The trials in their order, made one by one; `probes` are those that were planned.
    pub fn trials<'a>(&'a self, probes: &'a [Probe]) -> impl Iterator<Item = Planned> + 'a {
        self.places().filter_map(|place| self.trial(probes, place))
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
