//! Half-life: how soon what was agreed wears off.

use super::{
    FLAGS, Metric, Prepared, Range, Selector, Sources,
    formula::Formula,
    sums::{Sums, check_size},
    rate,
};
use crate::{ValueKind, scorer::ConfigError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Rounds until a share has fallen to half of its value in the first round.
///
/// The curve share(round) = start × exp(-decay × (round - 1)) is fitted to the shares of the rounds by least squares
/// weighted with their numbers of grades, which takes shares of 0 as they are; the half-life is ln 2 / decay. There
/// is none when the share does not fall, nor when it falls to nothing at once. The interval is a cluster
/// bootstrap; the curve shows the observed shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HalfLife {
    /// Which grades; they must have rounds, so the selector names none.
    pub of: Selector,
}

impl Metric for HalfLife {
    fn inputs(&self) -> Vec<(&'static str, &Selector, &'static [ValueKind])> {
        vec![("of", &self.of, FLAGS)]
    }

    fn validate(&self) -> Result<(), ConfigError> {
        if self.of.round.is_none() {
            Ok(())
        } else {
            Err(ConfigError::new("of", "a half-life needs all rounds, so the selector names none"))
        }
    }

    fn prepare(&self, sources: &mut Sources<'_>) -> Result<Prepared, String> {
        self.validate().map_err(|error| error.to_string())?;
        let grades = sources.grades(&self.of, FLAGS)?;
        let rounds: Vec<u32> = grades.by_round().into_keys().collect();
        if rounds.len() < 3 {
            return Err(format!(
                "a decay over rounds needs at least 3 of them, and `{}` has {}",
                self.of,
                rounds.len()
            ));
        }
        check_size(grades.clusters(), 2 * rounds.len())?;
        let mut sums = Sums::new(2 * rounds.len());
        for grade in &grades.scored {
            let place = grade.place.round.and_then(|round| rounds.binary_search(&round).ok());
            if let Some(place) = place
                && let Some([yes, n, ..]) = sums.row(grade.cluster, 0).get_mut(2 * place..)
            {
                *yes += grade.value;
                *n += 1.0;
            }
        }
        let statistic = sums.statistic(1, Arc::new(Decay::new(&rounds)));
        let mut half_life = Prepared::resampled(statistic, Range::Positive)?;
        half_life.series = Prepared::by_round(&grades, &self.of, rate::share)?.series;
        Ok(half_life)
    }
}

/// The shortest half-life that the fit can tell from an immediate fall, in rounds.
const SHORTEST: f64 = 0.1;
/// Decays tried before the best is refined, evenly spaced in their logarithm.
const GRID: usize = 48;
/// Halvings in which the best decay is found to the last digit.
const HALVINGS: u32 = 60;

/// The half-life of exponentially falling shares; the totals are pairs of yes and n, a pair a round.
struct Decay {
    /// Rounds after the first round of the dialogue.
    elapsed: Vec<f64>,
    /// The slowest decay, at which the last round still has 99 % of the first.
    slowest: f64,
    fastest: f64,
}

impl Decay {
    fn new(rounds: &[u32]) -> Self {
        let elapsed: Vec<f64> = rounds.iter().map(|round| f64::from(round.saturating_sub(1))).collect();
        let last = elapsed.last().copied().unwrap_or(1.0).max(1.0);
        Self { elapsed, slowest: 0.01 / last, fastest: std::f64::consts::LN_2 / SHORTEST }
    }

    /// The weighted squares that a decay leaves unexplained, less those of the shares themselves, with the
    /// best start for it.
    fn misfit(&self, totals: &[f64], decay: f64) -> f64 {
        let (mut product, mut square) = (0.0, 0.0);
        for (pair, elapsed) in totals.chunks_exact(2).zip(&self.elapsed) {
            if let [yes, n] = pair {
                let curve = (-decay * elapsed).exp();
                product += yes * curve;
                square += n * curve * curve;
            }
        }
        if square > 0.0 { -product * product / square } else { 0.0 }
    }
}

impl Decay {
    /// Where the misfit is least, between two decays around the place: where its slope is 0. The misfit itself is so flat
    /// there that comparing its values would lose half of the digits.
    fn flattest(&self, totals: &[f64], mut slower: f64, mut faster: f64) -> f64 {
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(slower, faster);
            if self.falls(totals, middle) { slower = middle } else { faster = middle }
        }
        f64::midpoint(slower, faster)
    }

    /// Whether the misfit falls at a decay.
    fn falls(&self, totals: &[f64], decay: f64) -> bool {
        let (mut product, mut square, mut by_product, mut by_square) = (0.0, 0.0, 0.0, 0.0);
        for (pair, elapsed) in totals.chunks_exact(2).zip(&self.elapsed) {
            if let [yes, n] = pair {
                let curve = (-decay * elapsed).exp();
                product += yes * curve;
                square += n * curve * curve;
                by_product -= yes * elapsed * curve;
                by_square -= 2.0 * n * elapsed * curve * curve;
            }
        }
        // The slope of -product² / square has the opposite sign of this, since the product is positive.
        2.0 * by_product * square - product * by_square > 0.0
    }
}

impl Formula for Decay {
    fn value(&self, totals: &[f64]) -> Option<f64> {
        let step = (self.fastest / self.slowest).ln() / (GRID - 1) as f64;
        let decay = |place: f64| self.slowest * (place * step).exp();
        let misfit = |place: f64| self.misfit(totals, decay(place));
        let best = (0..GRID).map(|place| (misfit(place as f64), place)).min_by(|a, b| a.0.total_cmp(&b.0))?.1;
        // At an end of the grid the shares do not fall, or fall at once.
        if best == 0 || best == GRID - 1 {
            return None;
        }
        let (mut low, mut high) = (best as f64 - 1.0, best as f64 + 1.0);
        for _ in 0..40 {
            // Golden section.
            let reach = 0.618_033_988_749_895 * (high - low);
            if misfit(high - reach) < misfit(low + reach) { high = low + reach } else { low = high - reach }
        }
        Some(std::f64::consts::LN_2 / self.flattest(totals, decay(low - 0.5), decay(high + 0.5)))
    }

    fn undefined(&self) -> String {
        "the share does not fall from round to round, or falls to nothing at once".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::{Fixture, assert_near};
    use crate::{
        Place,
        metric::{Grade, Observation},
    };
    use serde_json::json;

    // scipy.optimize.curve_fit(lambda x, a, l: a * exp(-l * x), range(6), shares, sigma=1 / sqrt(n)), ln 2 / l
    #[test]
    fn as_in_scipy() {
        let decay = Decay::new(&[1, 2, 3, 4, 5, 6]);
        let totals = [36.0, 40.0, 28.0, 40.0, 22.0, 40.0, 14.0, 40.0, 6.0, 20.0, 4.0, 20.0];
        assert_near(&[decay.value(&totals).unwrap()], &[2.4134093074649097], 1e-6);
    }

    fn rounds(yes: impl Fn(u32, u32) -> bool) -> Fixture {
        let mut fixture = Fixture::new();
        for (cluster, round) in (0..40).flat_map(|cluster| (1..=6).map(move |round| (cluster, round))) {
            let grade = Grade::Number(f64::from(u8::from(yes(cluster, round))));
            let observation = Observation {
                cluster,
                case: cluster,
                arm: 0,
                sample: 0,
                place: Place { round: Some(round), branch: None },
                grade,
            };
            fixture.enter("s", ValueKind::Flag, observation);
        }
        fixture
    }

    #[test]
    fn halving_every_two_rounds_has_a_half_life_of_two() {
        // 40, 28, 20, 14, 10, 7 of 40 cases.
        let left = [40, 28, 20, 14, 10, 7];
        let found = rounds(|cluster, round| cluster < left[round as usize - 1])
            .estimate(json!({ "m": { "half_life": { "of": "s" } } }));
        assert!((found.value - 2.0).abs() < 0.02 && found.low > 1.2 && found.high < 3.5, "{found:?}");
        assert_eq!(found.series.len(), 6);
        assert_near(&[found.series[2].value], &[0.5], 1e-15);
    }

    #[test]
    fn what_does_not_fall_has_none() {
        let metric = json!({ "m": { "half_life": { "of": "s" } } });
        let why = "the share does not fall from round to round, or falls to nothing at once";
        assert_eq!(rounds(|cluster, _| cluster % 2 == 0).reason(metric.clone()), why);
        assert_eq!(rounds(|_, _| false).reason(metric.clone()), why);
        assert_eq!(rounds(|_, round| round == 1).reason(metric.clone()), why);
        // It falls a little, by chance.
        let reason = rounds(|cluster, round| (cluster * 7 + round * 13) % 40 < 21 - round / 3).reason(metric);
        assert!(reason.ends_with(why) && reason.starts_with("in "), "{reason}");
    }

    #[test]
    fn a_single_round_is_refused() {
        let half_life = HalfLife { of: "s#1".parse().unwrap() };
        assert_eq!(half_life.validate().unwrap_err().parameter, "of");
    }
}
