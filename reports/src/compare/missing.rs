//! Whether grades are missing more often in one record than in the other.

use super::{numbers::swapped, options::Options};
use scorers::metric::{anytime::Validity, cluster::Statistic, paired::SignFlip};
use std::collections::BTreeMap;

/// Missing grades by cluster. A generation that fails takes the grades of many turns, branches and scores with it, and a
/// case that is too long fails in every sample, so it is clusters that are swapped between the records, not grades.
#[derive(Clone, Debug, Default)]
pub(super) struct Missing {
    /// Places, and how many of them lack a grade in the base and in the head.
    clusters: BTreeMap<u32, (f64, f64, f64)>,
}

impl Missing {
    /// Counts one place.
    pub(super) fn add(&mut self, cluster: u32, base: bool, head: bool) {
        let (places, in_base, in_head) = self.clusters.entry(cluster).or_default();
        *places += 1.0;
        *in_base += f64::from(u8::from(base));
        *in_head += f64::from(u8::from(head));
    }

    /// The p-value of the same share being missing in both records; none below two clusters.
    pub(super) fn p(&self, validity: Validity, options: &Options) -> Option<f64> {
        if self.clusters.len() < 2 {
            return None;
        }
        let share = |missing: fn(&(f64, f64, f64)) -> f64| {
            Statistic::share(self.clusters.iter().map(|(cluster, row)| (*cluster, missing(row), row.0)))
        };
        let (base, head) = (share(|(_, base, _)| *base), share(|(.., head)| *head));
        let test = SignFlip::new(&head, &base, true).ok()?;
        Some(validity.p(swapped(&test, validity, options).p))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(rows: impl IntoIterator<Item = (u32, u32, u32)>) -> Option<f64> {
        let mut missing = Missing::default();
        for (cluster, base, head) in rows {
            for place in 0..10 {
                missing.add(cluster, place < base, place < head);
            }
        }
        missing.p(Validity::Fixed, &Options::default())
    }

    // By hand: of the 2^6 ways to swap 6 cases that lack as much each, 2 are as extreme.
    #[test]
    fn cases_are_swapped() {
        assert_eq!(p((0..6).map(|case| (case, 0, 5))), Some(2.0 / 64.0));
        // All that is missing is in one case, however many grades that is.
        assert_eq!(p((0..6).map(|case| (case, 0, if case == 2 { 10 } else { 0 }))), Some(1.0));
        assert_eq!(p((0..6).map(|case| (case, 5, 5))), Some(1.0));
        assert_eq!(p([(0, 0, 10)]), None);
    }
}
