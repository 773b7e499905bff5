//! The report for programs. `docs/report-format.md` describes it.

use super::{RenderError, Report, number};
use crate::{
    grade::TrialScores,
    record::{EngineIdentity, GriceIdentity, ModelIdentity, Player},
    summary::{Holds, Summary, Timing},
};
use indexmap::IndexMap;
use scorers::{Outcome, Speaker, Value, metric::MetricResult};
use serde::{Deserialize, Serialize};
use std::io::Write;

/// Version of the format; raised when an old reader would misread it.
pub const REPORT_VERSION: u32 = 1;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonReport {
    /// [`REPORT_VERSION`] when written.
    pub format: u32,
    /// The Grice that made the record.
    pub grice: GriceIdentity,
    /// The model under test.
    pub model: ModelIdentity,
    /// What ran it.
    pub engine: EngineIdentity,
    /// Who played the speakers beside it; left out where there were none.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub cast: IndexMap<Speaker, Player>,
    /// Seed of the run.
    pub seed: u64,
    /// How long the run took, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// Verdict, counts, metrics, expectations.
    pub summary: Summary,
    /// The specs that were run.
    pub specs: Vec<SpecIdentity>,
    /// Every grade of every trial, in the order of the record; the texts are in the record.
    pub trials: Vec<TrialScores>,
}

/// A spec that was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecIdentity {
    /// Id of the probe.
    pub probe: String,
    /// Where the user had it.
    pub path: String,
    /// BLAKE3 of the spec's text and of every data file it reads, in hex.
    pub hash: String,
    /// Sources.
    pub cites: Vec<String>,
}

pub(super) fn write(report: &Report<'_>, output: &mut (dyn Write + Send)) -> Result<(), RenderError> {
    let header = report.digest.header();
    let specs = header.probes.iter().map(|probe| SpecIdentity {
        probe: probe.id.clone(),
        path: probe.path.clone(),
        hash: probe.hash.clone(),
        cites: probe.cites.clone(),
    });
    let whole = JsonReport {
        format: REPORT_VERSION,
        grice: header.grice.clone(),
        model: header.model().clone(),
        engine: header.engine().clone(),
        cast: header.cast.others.clone(),
        seed: header.seed,
        timing: report.timing.cloned(),
        summary: rounded(report.summary),
        specs: specs.collect(),
        trials: Vec::new(),
    };
    let text = serde_json::to_string_pretty(&whole)?;
    // The trials come last, a line each: indented, 10,000 of them would be four times as long.
    output.write_all(text.strip_suffix("[]\n}").unwrap_or(&text).as_bytes())?;
    output.write_all(b"[")?;
    let mut before = "\n    ";
    report.grades.each(&mut |trial| {
        output.write_all(before.as_bytes())?;
        before = ",\n    ";
        Ok(output.write_all(serde_json::to_string(&rounded_scores(trial))?.as_bytes())?)
    })?;
    Ok(output.write_all(b"\n  ]\n}\n")?)
}

/// The summary with six significant digits, so that it is the same text on every processor.
fn rounded(summary: &Summary) -> Summary {
    let mut summary = summary.clone();
    for probe in &mut summary.probes {
        for result in probe.metrics.values_mut() {
            match result {
                MetricResult::Estimated(estimate) => *estimate = number::rounded_estimate(estimate),
                MetricResult::ValueOnly(known) => known.value = number::rounded(known.value),
                MetricResult::Unavailable { .. } => {}
            }
        }
        for expected in &mut probe.expectations {
            if let Holds::Held { observed, against } | Holds::Failed { observed, against } =
                &mut expected.holds
            {
                *observed = number::rounded(*observed);
                *against = number::rounded(*against);
            }
        }
    }
    summary
}

fn rounded_scores(trial: &TrialScores) -> TrialScores {
    let mut trial = trial.clone();
    for line in &mut trial.scores {
        if let Outcome::Scored { value: Value::Number(number), .. } = &mut line.outcome {
            *number = number::rounded(*number);
        }
    }
    trial
}
