//! How large a difference a design can show, and how many cases or samples would decide what is open: what is asked of
//! [`scorers::metric::design`], at the levels at which verdicts are made.

use super::{
    Aim,
    outcome::{Needed, Quantity},
    verdict::{Evidence, FEWEST},
};
use crate::record::Better;
use crate::text::number::short;
use scorers::metric::{
    Prepared,
    anytime::Validity,
    design::{Pilot, Toward, clusters_needed, samples_needed, smallest_shown},
};

/// Over fewer clusters the power of a test jumps from one number of grades to the next, and the size of a difference that is found four times out of
/// five, as a design is planned, comes out too small: a rate over three cases that is said to show 0.56 shows it in one run of eight.
pub(super) const KNOWN: u64 = 7;

/// What is known of the design of a metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct TestDesign {
    /// The level of the verdict.
    pub(super) level: f64,
    /// How many tests share that level: the strictest of Holm's steps.
    pub(super) tests: u64,
    /// The power that is asked.
    pub(super) power: f64,
    /// The share of the variance that comes from samples, where it is known.
    pub(super) within: Option<f64>,
    /// Samples per case.
    pub(super) samples: u32,
    pub(super) validity: Validity,
}

impl TestDesign {
    /// The confidence of the interval that decides, if a look is taken at so many samples.
    fn confidence(&self, aim: Aim, samples: f64) -> f64 {
        // The cast saturates.
        let validity = self.validity.at(samples as u32);
        1.0 - match aim {
            Aim::Difference => validity.nominal(self.level / self.tests.max(1) as f64),
            Aim::Equivalence | Aim::NotWorse => validity.nominal(2.0 * self.level),
        }
    }

    fn present(&self, aim: Aim) -> f64 {
        self.confidence(aim, f64::from(self.samples))
    }
}

/// The difference as something to plan from; one without an interval in closed form is taken as its interval lies, which was
/// made at this level.
pub(super) fn pilot(difference: &Prepared, shown: &Quantity, clusters: u64, level: f64) -> Option<Pilot> {
    let by_interval = || Pilot::of_interval(shown.value, shown.ends()?, 1.0 - level, clusters);
    Pilot::of(difference).or_else(by_interval)
}

/// The smallest true loss (difference, where no direction is better) that this design finds with the power of the plan, at its
/// strictest level; beyond a margin, by so much more. None with too few clusters to know.
pub(super) fn smallest(
    pilot: &Pilot,
    clusters: u64,
    better: Option<Better>,
    plan: &TestDesign,
) -> Option<f64> {
    let toward = match better {
        Some(Better::Higher) => Toward::Down,
        Some(Better::Lower) => Toward::Up,
        None => Toward::Either,
    };
    let found = || smallest_shown(pilot, 0.0, toward, plan.present(Aim::Difference), plan.power);
    (clusters >= KNOWN).then(found).flatten()
}

/// The smallest difference that a design can show, in words; one beyond the margin where there is a margin.
pub(crate) fn said_of_smallest(size: f64, margin: Option<f64>) -> String {
    match margin {
        Some(margin) => format!(
            "the smallest difference that this design shows to be beyond the margin is {}",
            short(margin + size)
        ),
        None => format!("the smallest difference that this design shows is {}", short(size)),
    }
}

/// The same where it shows none, or over so few cases that how small a one it shows is not known.
pub(crate) fn nothing_shown(clusters: u64) -> &'static str {
    if (FEWEST..KNOWN).contains(&clusters) {
        "over so few cases nobody can say how small a difference shows; from 7 on one can"
    } else {
        "this design shows no difference, however large"
    }
}

/// What would decide an open metric if its true difference were the observed one; none where nothing would, or the present
/// design would in most runs.
pub(super) fn needed(pilot: &Pilot, evidence: &Evidence<'_>, plan: &TestDesign) -> Option<Needed> {
    let (aim, claim) = evidence.aim()?;
    let truth = evidence.difference.value;
    let clusters = clusters_needed(pilot, claim, truth, plan.present(aim), plan.power)?;
    if clusters <= evidence.clusters {
        return None;
    }
    let samples = plan.within.map(|within| {
        let confidence = |samples| plan.confidence(aim, samples);
        samples_needed(pilot, claim, truth, confidence, plan.power, (plan.samples, within))
    });
    // With any number of samples what lies between clusters stays.
    let only_clusters = samples == Some(None);
    Some(Needed { aim, clusters, samples: samples.flatten(), only_clusters })
}

#[cfg(test)]
#[path = "needed_tests.rs"]
mod tests;
