//! What clusters contribute to a difference, and Student's t interval from it.
//!
//! Where clusters have equal numbers of grades this is the paired t interval. Where they have not, residuals of large clusters
//! are too small, since they pull the estimate towards themselves, and are scaled up by 1 / √(1 - h), h their share of
//! the grades (CR2: Bell & McCaffrey 2002, Survey Methodology 28:169; Pustejovsky & Tipton 2018,
//! <https://doi.org/10.1080/07350015.2016.1247004>); and t has the degrees of freedom of as many clusters of equal size as
//! tell as much (Kish's number minus 1, which is Satterthwaite's number for grades of one variance). One case that holds half
//! of the grades leaves two or three.

use super::{cluster::Statistic, growth::Growth, interval::t_quantile};

/// Differences of what clusters contribute that are smaller than this part of it are none: far more than rounding makes,
/// and far less than a flag.
const SAME: f64 = 1e-9;

/// What clusters contribute to a difference, in a few numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contributions {
    clusters: f64,
    /// Clusters of equal size that tell as much.
    worth: f64,
    /// The cluster-robust standard error of the difference.
    error: f64,
    /// Its third cumulant over its variance: by how much the variance grows with the value.
    slope: f64,
    /// Clusters besides those that contribute what most do.
    pub(super) informative: f64,
}

impl Contributions {
    /// Those to a difference; none below two clusters.
    pub(super) fn of(difference: &Statistic) -> Option<Self> {
        let (pulls, size) = difference.pulls()?;
        let clusters = pulls.len() as f64;
        if clusters < 2.0 {
            return None;
        }
        let leverages = difference.leverages();
        let variance: f64 =
            pulls.iter().zip(&leverages).map(|(pull, leverage)| pull * pull / (1.0 - leverage)).sum();
        let cubes = pulls.iter().map(|pull| pull.powi(3)).sum::<f64>();
        let slope = clusters * clusters / ((clusters - 1.0) * (clusters - 2.0)) * cubes / variance;
        // The standard error of the skewness of so many normal numbers: as much is chance.
        let skewness = slope.abs() * clusters / (clusters * variance).sqrt();
        let slope = slope * (1.0 - (6.0 / clusters).sqrt() / skewness).max(0.0);
        Some(Self {
            clusters,
            worth: difference.effective_clusters().unwrap_or(clusters),
            error: variance.sqrt(),
            slope: if slope.is_finite() { slope } else { 0.0 },
            informative: besides_the_commonest(pulls, SAME * size) as f64,
        })
        .filter(|found| found.error.is_finite())
    }

    /// The same over more clusters like these, or with more samples in each.
    pub(super) fn grown(self, growth: Growth) -> Self {
        Self {
            clusters: self.clusters * growth.clusters,
            worth: self.worth * growth.clusters,
            error: self.error * growth.variance().sqrt(),
            slope: self.slope * growth.variance(),
            informative: self.informative * growth.clusters,
        }
    }

    /// How many clusters there are.
    pub(super) fn clusters(self) -> f64 {
        self.clusters
    }

    /// Student's quantile; infinite where one cluster holds nearly all grades.
    pub(super) fn quantile(self, confidence: f64) -> f64 {
        t_quantile(confidence, self.worth - 1.0)
    }

    /// How far Student's t interval reaches down and up.
    pub(super) fn student(self, confidence: f64) -> f64 {
        self.quantile(confidence) * self.error
    }

    /// The same corrected for skewness, on the side where that lengthens it.
    pub(super) fn skewed(self, confidence: f64) -> (f64, f64) {
        let (quantile, half) = (self.quantile(confidence), self.student(confidence));
        let shift = (2.0 * quantile * quantile + 1.0) / 6.0 * self.slope;
        let root = shift.hypot(half);
        if root.is_finite() { (half.max(root - shift), half.max(root + shift)) } else { (half, half) }
    }
}

/// How many numbers are not the most common one; those that differ by no more than `same` from their neighbour are
/// the same.
fn besides_the_commonest(mut numbers: Vec<f64>, same: f64) -> usize {
    numbers.sort_by(f64::total_cmp);
    let runs = numbers.chunk_by(|one, other| other - one <= same);
    numbers.len() - runs.map(<[f64]>::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::fixture::assert_near;

    fn found(rows: &[(f64, f64)]) -> Contributions {
        let rows = (0..).zip(rows).map(|(cluster, (yes, n))| (cluster, *yes, *n));
        Contributions::of(&Statistic::share(rows)).unwrap()
    }

    // By hand, of 12 flags 6 true: the pulls of (1, 2), (2, 4) are 0, of (3, 3) 1.5/12, of (0, 3) -1.5/12; their leverages are
    // 1/4, so that the variance is 2 × (1/8)² / (3/4) = 1/24. Kish: 144 / 38.
    #[test]
    fn clusters_of_unequal_size_by_hand() {
        let unequal = found(&[(1.0, 2.0), (2.0, 4.0), (3.0, 3.0), (0.0, 3.0)]);
        assert_near(&[unequal.error, unequal.worth], &[(1.0_f64 / 24.0).sqrt(), 144.0 / 38.0], 1e-12);
        // scipy.stats.t.ppf(0.975, 144 / 38 - 1)
        assert_near(&[unequal.quantile(0.95)], &[3.322_734_428], 1e-9);
    }

    #[test]
    fn clusters_of_equal_size_have_the_usual_error() {
        let rows = [(1.0, 4.0), (2.0, 4.0), (4.0, 4.0), (0.0, 4.0), (2.0, 4.0)];
        let statistic = Statistic::share((0..).zip(rows).map(|(cluster, (yes, n))| (cluster, yes, n)));
        assert_near(&[found(&rows).error], &[statistic.standard_error().unwrap()], 1e-12);
        assert_near(&[found(&rows).quantile(0.95)], &[t_quantile(0.95, 4.0)], 1e-12);
    }
}
