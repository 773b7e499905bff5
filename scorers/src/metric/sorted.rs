//! Percentiles of sorted numbers.

/// A percentile (0 to 100) of sorted numbers, interpolated linearly; none of no numbers.
pub(crate) fn sample_percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let place = (percent / 100.0).clamp(0.0, 1.0) * sorted.len().saturating_sub(1) as f64;
    let below = *sorted.get(place as usize)?;
    let above = sorted.get(place as usize + 1).copied().unwrap_or(below);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::assert_near;

    // numpy.percentile([3, 1, 4, 1, 5, 9, 2, 6], [10, 37.5, 90])
    #[test]
    fn as_in_numpy() {
        let sorted = [1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0];
        let found: Vec<f64> =
            [10.0, 37.5, 90.0].iter().map(|p| sample_percentile(&sorted, *p).unwrap()).collect();
        assert_near(&found, &[1.0, 2.625, 6.8999999999999995], 1e-15);
        assert_eq!(sample_percentile(&[], 50.0), None);
    }
}
