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

    proptest! {
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
