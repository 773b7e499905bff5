//! Many metrics, one claim: p-values adjusted for how many were tested.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the p-values of a family of tests are adjusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Multiplicity {
    /// Holm (1979, Scandinavian Journal of Statistics 6:65): the probability of even one false alarm in the
    /// family stays below the level, however the tests depend on each other.
    #[default]
    Holm,
    /// Benjamini & Hochberg (1995, <https://doi.org/10.1111/j.2517-6161.1995.tb02031.x>): the expected
    /// share of false alarms among all alarms stays below the level.
    BenjaminiHochberg,
    /// Not at all: every metric is a claim of its own.
    None,
}

impl Multiplicity {
    /// The adjusted p-values, in the order of the given ones; from 0 to 1.
    pub fn adjust(self, p: &[f64]) -> Vec<f64> {
        let family = p.len() as f64;
        let mut order: Vec<usize> = (0..p.len()).collect();
        order.sort_by(|one, other| at(p, *one).total_cmp(&at(p, *other)));
        let mut adjusted = p.to_vec();
        match self {
            Self::None => {}
            Self::Holm => {
                let mut most = 0.0_f64;
                for (rank, index) in order.iter().enumerate() {
                    most = most.max((family - rank as f64) * at(p, *index)).min(1.0);
                    set(&mut adjusted, *index, most);
                }
            }
            Self::BenjaminiHochberg => {
                let mut least = 1.0_f64;
                for (rank, index) in order.iter().enumerate().rev() {
                    least = least.min(at(p, *index) * family / (rank + 1) as f64);
                    set(&mut adjusted, *index, least);
                }
            }
        }
        adjusted
    }

    /// The same over tests of which some can never reject: of each the p-value, and the smallest that its design allows
    /// where that is known. Those that could not reject at their share of the level take nothing from the others and
    /// come to 1 (Tarone 1990, <https://doi.org/10.2307/2531456>: their number is the smallest K such that no more than
    /// K tests allow a p-value of level / K). Which they are is known before anything is observed, so the level holds.
    pub fn adjust_able(self, tests: &[(f64, Option<f64>)], level: f64) -> Vec<f64> {
        let least: Vec<Option<f64>> = tests.iter().map(|(_, least)| *least).collect();
        let able = self.able(&least, level);
        let chosen = tests.iter().zip(&able).filter(|(_, able)| **able);
        let chosen: Vec<f64> = chosen.map(|((p, _), _)| *p).collect();
        let mut adjusted = self.adjust(&chosen).into_iter();
        able.iter().map(|able| if *able { adjusted.next().unwrap_or(1.0) } else { 1.0 }).collect()
    }

    /// Which tests can reject at their share of the level, by the smallest p-value that each allows, where that is known.
    pub fn able(self, least: &[Option<f64>], level: f64) -> Vec<bool> {
        if self == Self::None {
            return vec![true; least.len()];
        }
        let able = |least: &Option<f64>, share: f64| least.is_none_or(|least| least <= level / share);
        let count = |share: f64| least.iter().filter(|least| able(least, share)).count() as f64;
        let mut shares = (1..=least.len()).map(|share| share as f64);
        let share = shares.find(|share| count(*share) <= *share).unwrap_or(1.0);
        least.iter().map(|least| able(least, share)).collect()
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Holm => "Holm",
            Self::BenjaminiHochberg => "Benjamini–Hochberg",
            Self::None => "none",
        }
    }
}

fn at(p: &[f64], index: usize) -> f64 {
    p.get(index).copied().unwrap_or(1.0)
}

fn set(p: &mut [f64], index: usize, value: f64) {
    if let Some(place) = p.get_mut(index) {
        *place = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::assert_near;
    use proptest::prelude::*;

    const P: [f64; 6] = [0.01, 0.04, 0.03, 0.005, 0.5, 0.04];

    // statsmodels.stats.multitest.multipletests(P, method="holm")[1], method="fdr_bh"
    #[test]
    fn as_in_statsmodels() {
        let holm = [0.05, 0.12, 0.12, 0.03, 0.5, 0.12];
        assert_near(&Multiplicity::Holm.adjust(&P), &holm, 1e-12);
        let hochberg = [0.03, 0.048, 0.048, 0.03, 0.5, 0.048];
        assert_near(&Multiplicity::BenjaminiHochberg.adjust(&P), &hochberg, 1e-12);
        assert_near(&Multiplicity::None.adjust(&P), &P, 0.0);
        assert!(Multiplicity::Holm.adjust(&[]).is_empty());
    }

    // By hand: all ten allow 0.05, and four of them 0.05 / 2, 0.05 / 3 and 0.05 / 4: K is 4.
    #[test]
    fn tests_that_cannot_reject_take_nothing_from_the_others() {
        let able = [(0.012, Some(0.001)), (0.02, Some(0.002)), (0.3, None), (0.9, Some(0.01))];
        let unable = [(0.04, Some(0.03)); 6];
        let tests: Vec<_> = able.into_iter().chain(unable).collect();
        let adjusted = Multiplicity::Holm.adjust_able(&tests, 0.05);
        assert_near(&adjusted[..4], &[0.048, 0.06, 0.6, 0.9], 1e-12);
        assert_near(&adjusted[4..], &[1.0; 6], 0.0);
        // Alone, the seventh could reject.
        assert_near(&Multiplicity::Holm.adjust_able(&tests[4..5], 0.05), &[0.04], 1e-12);
        let raw: Vec<f64> = tests.iter().map(|test| test.0).collect();
        assert_near(&Multiplicity::None.adjust_able(&tests, 0.05), &raw, 0.0);
        assert!(Multiplicity::Holm.adjust_able(&[], 0.05).is_empty());
    }

    proptest! {
        #[test]
        fn tests_that_can_all_reject_are_adjusted_as_ever(p in proptest::collection::vec(0.0..=1.0_f64, 1..40)) {
            let able: Vec<_> = p.iter().map(|p| (*p, None)).collect();
            for way in [Multiplicity::Holm, Multiplicity::BenjaminiHochberg, Multiplicity::None] {
                prop_assert_eq!(way.adjust_able(&able, 0.05), way.adjust(&p));
            }
        }

        #[test]
        fn adjusting_keeps_the_order_and_makes_nothing_smaller(p in proptest::collection::vec(0.0..=1.0_f64, 1..40)) {
            for way in [Multiplicity::Holm, Multiplicity::BenjaminiHochberg, Multiplicity::None] {
                let adjusted = way.adjust(&p);
                for (one, raw) in adjusted.iter().zip(&p) {
                    prop_assert!(*one >= *raw - 1e-15 && *one <= 1.0);
                    for (other, other_raw) in adjusted.iter().zip(&p) {
                        prop_assert!(raw > other_raw || one <= other);
                    }
                }
            }
            let (holm, hochberg) =
                (Multiplicity::Holm.adjust(&p), Multiplicity::BenjaminiHochberg.adjust(&p));
            prop_assert!(hochberg.iter().zip(&holm).all(|(hochberg, holm)| *hochberg <= holm + 1e-15));
        }
    }
}
