//! Fisher's exact test of two shares.

use statrs::function::factorial::ln_binomial;

/// The one-sided p-value that the first share is larger than the second only by chance: the probability of a table that is at least as
/// far on that side, its margins given (Fisher 1935; the hypergeometric distribution). None where a count is larger than its number.
///
/// `some` of `of` in the first group, `others` of `of_others` in the second; the result is from 0 to 1.
pub fn greater(some: u64, of: u64, others: u64, of_others: u64) -> Option<f64> {
    if some > of || others > of_others {
        return None;
    }
    let (successes, all) = (some.checked_add(others)?, of.checked_add(of_others)?);
    let log = |n: u64, k: u64| ln_binomial(n, k);
    let tail = (some..=of.min(successes))
        .filter(|count| successes - count <= of_others)
        .map(|count| (log(of, count) + log(of_others, successes - count) - log(all, successes)).exp());
    Some(tail.sum::<f64>().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::assert_near;

    // tests/fixtures/series.py: scipy.stats.fisher_exact([[a, n - a], [b, m - b]], alternative="greater").
    #[test]
    fn as_in_scipy() {
        let tables =
            [(8, 10, 1, 6), (3, 7, 3, 7), (47, 50, 1, 50), (27, 50, 25, 50), (0, 5, 3, 5), (28, 50, 1, 3)];
        let found: Vec<f64> = tables.iter().map(|(a, n, b, m)| greater(*a, *n, *b, *m).unwrap()).collect();
        let scipy = [
            0.024475524475524483,
            0.703962703962704,
            1.0527424377026975e-23,
            0.42074550903426355,
            1.0,
            0.4280713736873559,
        ];
        assert_near(&found, &scipy, 1e-9);
    }

    #[test]
    fn what_cannot_be_counted_has_none() {
        assert_eq!(greater(3, 2, 0, 1), None);
        assert_eq!(greater(0, 2, 2, 1), None);
        assert_near(&[greater(0, 0, 0, 0).unwrap()], &[1.0], 0.0);
    }
}
