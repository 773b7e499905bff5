//! Intervals in closed form: Wilson, Student's t, and intervals of differences and quotients.

use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};

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

/// The same for Student's t; infinite below one degree of freedom.
pub fn t_quantile(confidence: f64, degrees: f64) -> f64 {
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
