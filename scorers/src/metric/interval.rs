//! Intervals in closed form: Wilson, Student's t, and intervals of differences and quotients.

use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};
use std::{cell::RefCell, collections::HashMap};

/// The confidence of the intervals that a report shows.
pub const CONFIDENCE: f64 = 0.95;

/// The ends of a confidence interval and how it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How it was made, for people.
    pub method: String,
}

impl Interval {
    /// An interval that says something: its ends are finite and differ.
    ///
    /// # Errors
    /// When they do not, with `why` as the reason.
    pub(crate) fn checked(low: f64, high: f64, method: impl Into<String>, why: &str) -> Result<Self, String> {
        if low.is_finite() && high.is_finite() && high - low > 1e-12 * (low.abs() + high.abs()) {
            Ok(Self { low, high, method: method.into() })
        } else {
            Err(why.to_owned())
        }
    }
}

/// A value with the ends of its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// The value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Ends {
    fn mirrored(self) -> Self {
        Self { value: -self.value, low: -self.high, high: -self.low }
    }
}

/// The number of standard deviations between which a normal variable falls with this probability.
pub fn normal_quantile(confidence: f64) -> f64 {
    probit(0.5 + confidence / 2.0)
}

/// The inverse of the standard normal distribution function: z of a share, infinite from 0 down and from 1 up.
pub fn probit(share: f64) -> f64 {
    if share.is_nan() { share } else { Normal::standard().inverse_cdf(share.clamp(0.0, 1.0)) }
}

/// The standard normal distribution function.
pub fn normal_share(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// The density of the standard normal distribution.
pub fn normal_density(z: f64) -> f64 {
    Normal::standard().pdf(z)
}

thread_local! {
    /// Quantiles that were asked for lately: a search over grades asks for the same few again and again.
    static QUANTILES: RefCell<HashMap<(u64, u64), f64>> = RefCell::new(HashMap::new());
}
/// So many of them are kept.
const KEPT: usize = 512;

/// The same for Student's t; infinite below one degree of freedom.
pub fn t_quantile(confidence: f64, degrees: f64) -> f64 {
    let key = (confidence.to_bits(), degrees.to_bits());
    QUANTILES.with_borrow_mut(|known| {
        if known.len() >= KEPT {
            known.clear();
        }
        *known.entry(key).or_insert_with(|| new_t_quantile(confidence, degrees))
    })
}

fn new_t_quantile(confidence: f64, degrees: f64) -> f64 {
    if degrees > 300.0 {
        return many_degrees(normal_quantile(confidence), degrees);
    }
    match StudentsT::new(0.0, 1.0, degrees) {
        Ok(t) if degrees >= 1.0 => {
            let share = (0.5 + confidence / 2.0).clamp(0.5, 1.0 - f64::EPSILON);
            let rough = t.inverse_cdf(share);
            // The library's inverse is good to some eight digits; one step of Newton gives the rest.
            rough - (t.cdf(rough) - share) / t.pdf(rough)
        }
        _ => f64::INFINITY,
    }
}

/// The expansion of the t quantile around the normal one (Abramowitz & Stegun 1964, 26.7.5), to the fourth order;
/// the library's distribution function loses digits where this gains them.
fn many_degrees(z: f64, degrees: f64) -> f64 {
    let square = z * z;
    let first = z * (square + 1.0) / 4.0;
    let second = z * ((5.0 * square + 16.0) * square + 3.0) / 96.0;
    let third = z * (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0;
    let fourth =
        z * ((((79.0 * square + 776.0) * square + 1482.0) * square - 1920.0) * square - 945.0) / 92160.0;
    z + (first + (second + (third + fourth / degrees) / degrees) / degrees) / degrees
}

/// The score interval of a share observed in `n` independent grades (Wilson 1927,
/// <https://doi.org/10.1080/01621459.1927.10502953>, without continuity correction); `n` need not be whole.
pub fn wilson(share: f64, n: f64, confidence: f64) -> Ends {
    let squared = normal_quantile(confidence).powi(2);
    let centre = (share + squared / (2.0 * n)) / (1.0 + squared / n);
    let half = (squared * (share * (1.0 - share) / n + squared / (4.0 * n * n))).sqrt() / (1.0 + squared / n);
    // At the ends the formula gives 0 and 1 up to rounding.
    let low = if share <= 0.0 { 0.0 } else { (centre - half).clamp(0.0, share) };
    let high = if share >= 1.0 { 1.0 } else { (centre + half).clamp(share, 1.0) };
    Ends { value: share, low, high }
}

/// The interval of `plus - minus` from the intervals of the two and their correlation: the method of
/// variance estimates recovery (Zou & Donner 2008, <https://doi.org/10.1002/sim.3095>; with Wilson limits it
/// is method 10 of Newcombe 1998, <https://doi.org/10.1002/(SICI)1097-0258(19981130)17:22%3C2635::AID-SIM954%3E3.0.CO;2-C>).
/// With two t intervals over the same clusters it is the paired t interval exactly.
pub fn difference(plus: Ends, minus: Ends, correlation: f64) -> Ends {
    let reach =
        |one: f64, other: f64| (one * one - 2.0 * correlation * one * other + other * other).max(0.0).sqrt();
    let value = plus.value - minus.value;
    Ends {
        value,
        low: value - reach(plus.value - plus.low, minus.high - minus.value),
        high: value + reach(plus.high - plus.value, minus.value - minus.low),
    }
}

/// The interval of `above / below`: all quotients q for which the interval of `above - q × below` (see
/// [`difference`]) holds 0. With two t intervals over the same clusters it is Fieller's (1954,
/// <https://doi.org/10.1111/j.2517-6161.1954.tb00159.x>); with others it is known as MOVER-R (Newcombe 2016,
/// <https://doi.org/10.1177/0962280213502144>). None where the interval of `below` holds 0.
pub fn quotient(above: Ends, below: Ends, correlation: f64) -> Option<Ends> {
    if below.low <= 0.0 {
        return (below.high < 0.0).then(|| quotient(above.mirrored(), below.mirrored(), correlation))?;
    }
    let (down, up) = (below.value - below.low, below.high - below.value);
    // (a - q b)² = s² - 2 r q s t + q² t²: s is how far the upper side reaches, t the lower.
    let solve = |reach: f64, other: f64, sign: f64| {
        let square = below.value * below.value - other * other;
        let half = above.value * below.value - correlation * reach * other;
        let rest = above.value * above.value - reach * reach;
        let root = (half * half - square * rest).max(0.0).sqrt();
        // The two forms of the root are equal; the one without cancellation is taken.
        if half * sign > 0.0 { (half + sign * root) / square } else { rest / (half - sign * root) }
    };
    // Below 0 the quotient grows with `below`, so the other end of `below` limits it.
    let low = solve(above.value - above.low, if above.low >= 0.0 { up } else { down }, -1.0);
    let high = solve(above.high - above.value, if above.high >= 0.0 { down } else { up }, 1.0);
    let value = above.value / below.value;
    [low, high, value].iter().all(|number| number.is_finite()).then_some(Ends { value, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::assert_near;

    // statsmodels.stats.proportion.proportion_confint(k, n, method="wilson")
    #[test]
    fn wilson_as_in_statsmodels() {
        for (yes, n, low, high) in [
            (0.0, 10.0, 0.0, 0.27753279986288926),
            (3.0, 10.0, 0.10779126740630104, 0.6032218525388546),
            (27.0, 40.0, 0.5201774618987767, 0.7991549776821731),
            (320.0, 320.0, 0.9881378411686904, 1.0),
            (1.0, 1000.0, 0.00017654637062607765, 0.005642558597957937),
        ] {
            let ends = wilson(yes / n, n, CONFIDENCE);
            assert_near(&[ends.low, ends.high], &[low, high], 1e-12);
        }
    }

    // scipy.stats.norm.ppf(p), scipy.stats.t.ppf(0.975, df)
    #[test]
    fn quantiles_as_in_scipy() {
        for (share, z) in [
            (1e-9, -5.9978070150076865),
            (0.025, -1.9599639845400545),
            (0.2, -0.8416212335729142),
            (0.5, 0.0),
            (0.95, 1.6448536269514722),
        ] {
            assert_near(&[probit(share)], &[z], 1e-12);
        }
        for (degrees, t) in [
            (1.0, 12.706204736174694),
            (2.0, 4.302652729749462),
            (7.0, 2.364624251592784),
            (39.0, 2.022690920036761),
            (300.0, 1.9679030112610865),
            (301.0, 1.9678765312856952),
            (999.0, 1.9623414611334493),
            (1e6, 1.959966356814107),
        ] {
            assert_near(&[t_quantile(CONFIDENCE, degrees)], &[t], 1e-10);
        }
        assert!(t_quantile(CONFIDENCE, 0.0).is_infinite());
        assert!(t_quantile(1.0, 5.0).is_finite() && probit(2.0).is_infinite());
    }

    // statsmodels.stats.proportion.confint_proportions_2indep(15, 20, 7, 30, method="newcomb"), (10, 10, 0, 20, ...)
    #[test]
    fn difference_of_independent_shares_as_in_statsmodels() {
        let of = |yes: f64, n: f64, other: f64, m: f64| {
            let ends = difference(wilson(yes / n, n, CONFIDENCE), wilson(other / m, m, CONFIDENCE), 0.0);
            [ends.low, ends.high]
        };
        assert_near(&of(15.0, 20.0, 7.0, 30.0), &[0.2359738610558958, 0.6966709197363502], 1e-12);
        assert_near(&of(10.0, 10.0, 0.0, 20.0), &[0.6790860371419145, 1.0], 1e-12);
    }

    #[test]
    fn quotient_holds_exactly_those_for_which_the_difference_holds_nothing() {
        let ends = |value, low, high| Ends { value, low, high };
        for above in
            [ends(3.0, 2.0, 5.0), ends(0.5, -1.0, 1.0), ends(-2.0, -3.0, -0.5), ends(-0.1, -0.4, 0.3)]
        {
            for below in [ends(2.0, 0.5, 3.0), ends(0.1, 0.02, 0.4), ends(-2.0, -2.5, -1.0)] {
                for correlation in [-0.9, 0.0, 0.7] {
                    let found = quotient(above, below, correlation).unwrap();
                    assert!(found.low < found.value && found.value < found.high, "{found:?}");
                    for (end, inward) in [(found.low, 1.0), (found.high, -1.0)] {
                        let holds_zero = |q: f64| {
                            let (one, other) = (below.low * q, below.high * q);
                            let scaled = ends(below.value * q, one.min(other), one.max(other));
                            // A negative factor turns the correlation around.
                            let left = difference(above, scaled, correlation * q.signum());
                            left.low <= 0.0 && 0.0 <= left.high
                        };
                        let step = 1e-6 * (1.0 + end.abs()) * inward;
                        assert!(
                            holds_zero(end + step) && !holds_zero(end - step),
                            "{above:?} {below:?} {correlation} {end}"
                        );
                    }
                }
            }
        }
        assert_eq!(quotient(ends(1.0, 0.0, 2.0), ends(1.0, -0.1, 2.0), 0.0), None);
    }
}
