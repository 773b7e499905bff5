//! Whether grades are missing more often in one record than in the other.

use super::{numbers::swapped, options::CompareOptions};
use scorers::metric::{anytime::Validity, cluster::Statistic, paired::SignFlip, table::Trial};
use std::collections::BTreeMap;

/// Grades that are missing, by trial. A generation that fails takes the grades of many turns, branches and scores with it, so it is
/// trials that are swapped between the records, not grades. Cases need not be: whether a version breaks more often is asked of
/// these very cases.
#[derive(Clone, Debug, Default)]
pub(super) struct Missing {
    /// Places without two grades, and how many of them lack the one of the base and of the head.
    trials: BTreeMap<Trial, (f64, f64, f64)>,
}

impl Missing {
    /// Counts one place without two grades, of a case, arm and sample.
    pub(super) fn add(&mut self, trial: Trial, base: bool, head: bool) {
        let (places, in_base, in_head) = self.trials.entry(trial).or_default();
        *places += 1.0;
        *in_base += f64::from(u8::from(base));
        *in_head += f64::from(u8::from(head));
    }

    /// The p-value of the same share being missing in both records, beside so many places with two grades.
    pub(super) fn p(&self, both: u64, validity: Validity, options: &CompareOptions) -> Option<f64> {
        let share = |missing: fn(&(f64, f64, f64)) -> f64| {
            let trials = (1..).zip(self.trials.values()).map(|(row, trial)| (row, missing(trial), trial.0));
            Statistic::share(trials.chain([(0, 0.0, both as f64)]))
        };
        let (base, head) = (share(|(_, base, _)| *base), share(|(.., head)| *head));
        let test = SignFlip::new(&head, &base, true).ok()?;
        Some(validity.p(swapped(&test, validity, options).p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many trials with ten places each lack all of them in the base, so many others in the head.
    fn p(base: u32, head: u32) -> Option<f64> {
        let mut missing = Missing::default();
        for case in 0..base + head {
            for _ in 0..10 {
                missing.add((case, 0, 0), case < base, case >= base);
            }
        }
        missing.p(100, Validity::Fixed, &CompareOptions::default())
    }

    // By hand: of the 2^n ways to swap n trials.
    #[test]
    fn trials_are_swapped_not_places() {
        assert_eq!(p(0, 1), Some(1.0));
        assert_eq!(p(0, 6), Some(2.0 / 64.0));
        assert_eq!(p(1, 5), Some(14.0 / 64.0));
        assert_eq!(p(3, 3), Some(1.0));
    }
}
