//! Numbers as people read them: few digits, so that no report depends on how a processor rounds.

use scorers::metric::{Estimate, Point, Range};

/// Two decimals, or three significant digits beyond a hundred; never `-0.00`.
pub(crate) fn short(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "?"
        } else if value > 0.0 {
            "∞"
        } else {
            "−∞"
        }
        .to_owned();
    }
    let magnitude = value.abs();
    let text = if magnitude >= 1e6 {
        format!("{value:.2e}")
    } else if magnitude >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    };
    let is_zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text.replace('-', "−") }
}

/// The interval as `[0.25, 0.75]`.
pub(crate) fn interval(low: f64, high: f64) -> String {
    format!("[{}, {}]", short(low), short(high))
}

/// Six significant digits: what JSON carries.
pub(crate) fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// An estimate with every number [`rounded`].
pub(crate) fn rounded_estimate(estimate: &Estimate) -> Estimate {
    let point = |point: &Point| Point {
        value: rounded(point.value),
        low: rounded(point.low),
        high: rounded(point.high),
        ..point.clone()
    };
    Estimate {
        value: rounded(estimate.value),
        low: rounded(estimate.low),
        high: rounded(estimate.high),
        series: estimate.series.iter().map(point).collect(),
        ..estimate.clone()
    }
}

/// Thousands apart by commas.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds as `4.2 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".to_owned();
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole % 3600 / 60, whole % 60) {
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// The value at which a metric means nothing happened, for plots; none where there is no such value.
pub(crate) fn neutral(range: Range) -> Option<f64> {
    match range {
        Range::ShareDifference | Range::Real => Some(0.0),
        Range::Share | Range::Positive => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_no_negative_zero() {
        let given = [0.125, -0.001, 0.0, -1.5, 123.4, -2_345_678.0, f64::INFINITY, f64::NAN];
        let shown: Vec<String> = given.into_iter().map(short).collect();
        assert_eq!(shown, ["0.12", "0.00", "0.00", "−1.50", "123", "−2.35e6", "∞", "?"]);
        assert_eq!(interval(-0.5, 1.0), "[−0.50, 1.00]");
    }

    #[test]
    fn six_digits_are_kept() {
        assert_eq!(rounded(1.0 / 3.0).to_string(), "0.333333");
        assert_eq!(rounded(123_456_789.0).to_string(), "123457000");
    }

    #[test]
    fn counts_and_durations_are_for_people() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
        assert_eq!([3.21, 200.0, 7_500.0, f64::NAN].map(duration), ["3.2 s", "3 min 20 s", "2 h 5 min", "?"]);
    }
}
