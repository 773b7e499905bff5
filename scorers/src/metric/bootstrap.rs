//! The cluster bootstrap: intervals for statistics that have none in closed form.
//!
//! Whole clusters are drawn with replacement, so that what hangs together within a cluster stays
//! together. The ends are bias-corrected and accelerated (BCa: Efron 1987,
//! <https://doi.org/10.1080/01621459.1987.10478410>; acceleration from the jackknife, Efron & Tibshirani
//! 1993, equation 14.15). The numbers come from ChaCha8 with a stated seed: the same on every machine.

use super::{
    cluster::Statistic,
    interval::{Interval, normal_share, probit},
    sorted::sample_percentile,
};
use rand::{
    SeedableRng,
    distr::{Distribution, Uniform},
};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// How often clusters are drawn anew. The standard error of the 2.5 % quantile of so many normal
/// replicates is 0.06 of their standard deviation, a sixty-fifth of the width of a 95 % interval.
pub const REPLICATES: usize = 2_000;

/// The share of replicates that may have no value before there is no interval.
const UNDEFINED: f64 = 0.025;

/// Replicates that share a stream of random numbers: threads take turns with such parts, so that it does not matter how
/// many threads there are.
const CHUNK: usize = 2_000;

/// Rows that are drawn among each other, as one table, so that a draw touches memory that lies together.
struct Stratum {
    table: Vec<f64>,
    draw: Uniform<u32>,
}

/// A way of adding rows that are drawn from a stratum.
type Add = fn(&Stratum, &mut ChaCha8Rng, &mut [f64]);

/// The values of a statistic over clusters drawn with replacement, within strata; those without a
/// value are left out. Runs in the rayon pool of the caller, on which the result does not depend.
pub fn replicates(statistic: &Statistic, count: usize, seed: u64) -> Vec<f64> {
    let rows: Vec<&[f64]> = statistic.rows().collect();
    let strata: Vec<Stratum> = statistic
        .strata()
        .into_iter()
        .filter_map(|mut members| {
            // Which cluster comes first must not decide what is drawn, nor whether its numbers are negative.
            let size = |member: &usize| rows.get(*member).copied().unwrap_or_default();
            members.sort_by(|one, other| {
                let pairs = size(one).iter().zip(size(other));
                let by_size = |(one, other): (&f64, &f64)| one.abs().total_cmp(&other.abs());
                pairs.clone().map(by_size).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
            });
            let draw = Uniform::new(0, u32::try_from(members.len()).ok()?).ok()?;
            let table = members.iter().filter_map(|member| rows.get(*member)).copied().flatten().copied();
            Some(Stratum { table: table.collect(), draw })
        })
        .collect();
    let chunk = |chunk: usize| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(chunk as u64);
        draw(statistic, &strata, CHUNK.min(count - chunk * CHUNK), &mut random)
    };
    if count <= CHUNK {
        return chunk(0);
    }
    let chunks: Vec<Vec<f64>> = (0..count.div_ceil(CHUNK)).into_par_iter().map(chunk).collect();
    chunks.concat()
}

fn draw(statistic: &Statistic, strata: &[Stratum], count: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    // Drawing is most of the work of a comparison, and twice as fast where the width is known beforehand.
    let add: Add = match statistic.width() {
        2 => add_of::<2>,
        3 => add_of::<3>,
        4 => add_of::<4>,
        6 => add_of::<6>,
        8 => add_of::<8>,
        _ => add_any,
    };
    let mut totals = vec![0.0; statistic.width().max(1)];
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        totals.fill(0.0);
        strata.iter().for_each(|stratum| add(stratum, random, &mut totals));
        values.extend(statistic.at(&totals));
    }
    values
}

/// Adds as many rows of a stratum, drawn with replacement, as it has.
fn add_any(Stratum { table, draw }: &Stratum, random: &mut ChaCha8Rng, totals: &mut [f64]) {
    let width = totals.len().max(1);
    for _ in 0..table.len() / width {
        let start = draw.sample(random) as usize * width;
        let row = table.get(start..start + width).unwrap_or_default();
        totals.iter_mut().zip(row).for_each(|(total, number)| *total += number);
    }
}

/// [`add_any`] for rows of a width that the compiler knows.
fn add_of<const WIDTH: usize>(stratum: &Stratum, random: &mut ChaCha8Rng, totals: &mut [f64]) {
    let Some(totals) = totals.first_chunk_mut::<WIDTH>() else { return };
    let (rows, _) = stratum.table.as_chunks::<WIDTH>();
    let mut sums = *totals;
    for _ in 0..rows.len() {
        if let Some(row) = rows.get(stratum.draw.sample(random) as usize) {
            sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
        }
    }
    *totals = sums;
}

/// The BCa interval of a statistic over clusters.
///
/// # Errors
/// When there are fewer than two clusters, when more than one replicate in forty has no value, or
/// when all have the same.
pub fn bca(statistic: &Statistic, confidence: f64, count: usize, seed: u64) -> Result<Interval, String> {
    let value = statistic.point().ok_or_else(|| statistic.undefined())?;
    if statistic.clusters().len() < 2 {
        return Err("one case only: how far cases differ is unknown".to_owned());
    }
    let mut values = replicates(statistic, count, seed);
    let missing = 1.0 - values.len() as f64 / count.max(1) as f64;
    if missing > UNDEFINED {
        return Err(format!("in {:.0} % of resamples, {}", 100.0 * missing, statistic.undefined()));
    }
    values.sort_by(f64::total_cmp);
    // Ties count half, so that a lumpy statistic is not taken for a biased one.
    let scale = 1e-12 * value.abs();
    let below = values.partition_point(|other| *other < value - scale);
    let up_to = values.partition_point(|other| *other <= value + scale);
    let share = (below + up_to) as f64 / (2 * values.len()).max(1) as f64;
    // With all replicates on one side the correction would be infinite.
    let least = 0.5 / values.len().max(1) as f64;
    let bias = probit(share.clamp(least, 1.0 - least));
    let acceleration = acceleration(&statistic.jackknife());
    let end = |share: f64| {
        let z = bias + probit(share);
        let corrected = normal_share(bias + z / (1.0 - acceleration * z).max(f64::MIN_POSITIVE));
        sample_percentile(&values, 100.0 * corrected).unwrap_or(value)
    };
    let tail = (1.0 - confidence) / 2.0;
    let (low, high) = (end(tail).min(value), end(1.0 - tail).max(value));
    let method = format!("cluster bootstrap, BCa, {count} replicates");
    Interval::checked(
        low,
        high,
        method,
        "every resample gives the same value: how far cases differ is unknown",
    )
}

/// A sixth of the skewness of the jackknife values; 0 where it is not defined.
fn acceleration(jackknife: &[Option<f64>]) -> f64 {
    let known: Vec<f64> = jackknife.iter().flatten().copied().collect();
    let centre = known.iter().sum::<f64>() / known.len().max(1) as f64;
    let (squares, cubes) = known
        .iter()
        .map(|value| centre - value)
        .fold((0.0, 0.0), |(squares, cubes), gap| (squares + gap * gap, cubes + gap * gap * gap));
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    if acceleration.is_finite() { acceleration } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::assert_near;
    use crate::metric::{formula::MeanOf, sums::Sums};
    use std::sync::Arc;

    fn quotient() -> Statistic {
        let above = [2.1, 3.4, 0.2, 8.9, 1.1, 4.4, 0.7, 2.6, 12.3, 1.9, 3.3, 0.4];
        let below = [1.0, 2.0, 0.5, 3.0, 1.0, 2.5, 1.5, 1.0, 4.0, 2.0, 1.0, 0.5];
        quotient_of(&above, &below)
    }

    fn quotient_of(above: &[f64], below: &[f64]) -> Statistic {
        let mut sums = Sums::new(2);
        for ((above, below), cluster) in above.iter().zip(below).zip(0..) {
            sums.row(cluster, 0).copy_from_slice(&[*above, *below]);
        }
        sums.statistic(1, Arc::new(MeanOf))
    }

    // scorers/tests/fixtures/bca_scipy.py: scipy.stats.bootstrap with 40 million resamples (numpy 2.4.6, scipy 1.17.1).
    // Numbers without ties, so that a quantile does not hang on how ties are broken. Both sides together waver by 0.0004
    // of the interval's width.
    #[test]
    fn as_in_scipy_to_a_thousandth_of_the_width() {
        let above = [2.137, 3.411, 0.263, 8.959, 1.187, 4.423, 0.719, 2.641, 12.373, 1.993, 3.307, 0.431];
        let below = [1.013, 2.029, 0.541, 3.067, 1.091, 2.503, 1.559, 1.009, 4.127, 2.011, 1.039, 0.523];
        let (low, high) = (1.44699931018625, 2.612476159583535);
        let found = bca(&quotient_of(&above, &below), 0.95, 4_000_000, 1).unwrap();
        for (found, expected) in [(found.low, low), (found.high, high)] {
            assert!((found - expected).abs() < 1e-3 * (high - low), "{found} is not near {expected}");
        }
    }

    // Where resamples tie, a quantile jumps from one value to the next.
    // scipy.stats.bootstrap((above, below), sum / sum, paired=True, n_resamples=1_000_000, method="BCa")
    #[test]
    fn nearly_as_in_scipy_where_resamples_tie() {
        let found = bca(&quotient(), 0.95, 200_000, 1).unwrap();
        assert_near(&[found.low, found.high], &[1.4516129032258065, 2.664], 1e-2);
    }

    #[test]
    fn the_seed_alone_decides() {
        let ends =
            |seed| bca(&quotient(), 0.95, 500, seed).map(|found| (found.low.to_bits(), found.high.to_bits()));
        assert_eq!(ends(3), ends(3));
        assert_ne!(ends(3), ends(4));
    }

    #[test]
    fn the_number_of_threads_decides_nothing() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| replicates(&quotient(), 9_000, 5))
        };
        let alone = on(1);
        assert_eq!(alone.len(), 9_000);
        assert_eq!(alone, on(3));
        // Parts differ from each other, and a smaller number is the beginning of a larger one.
        assert_ne!(alone[..CHUNK], alone[CHUNK..2 * CHUNK]);
        assert_eq!(alone[..2_500], replicates(&quotient(), 2_500, 5));
    }

    #[test]
    fn a_known_width_changes_nothing() {
        let table: Vec<f64> = (0..120).map(|number| f64::from(number).sqrt()).collect();
        let fixed: [(usize, Add); 5] =
            [(2, add_of::<2>), (3, add_of::<3>), (4, add_of::<4>), (6, add_of::<6>), (8, add_of::<8>)];
        for (width, add) in fixed {
            let draw = Uniform::new(0, (table.len() / width) as u32).unwrap();
            let stratum = Stratum { table: table.clone(), draw };
            let totals = |add: Add| {
                let mut totals = vec![0.0; width];
                let mut random = ChaCha8Rng::seed_from_u64(9);
                (0..3).for_each(|_| add(&stratum, &mut random, &mut totals));
                totals.into_iter().map(f64::to_bits).collect::<Vec<_>>()
            };
            assert_eq!(totals(add), totals(add_any), "{width}");
        }
    }

    #[test]
    fn the_generator_is_the_same_everywhere() {
        let found = replicates(&quotient(), 3, 1);
        assert_near(&found, &[1.8818181818181818, 2.1333333333333333, 2.4954545454545456], 1e-12);
    }
}
