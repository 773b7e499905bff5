//! How an estimate would change with more clusters like those there are, or with more samples in each.

/// How many times as large a design is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Times as many clusters.
    pub clusters: f64,
    /// Times as many samples in each.
    pub samples: f64,
    /// The share of the variance that samples cause, from 0 to 1; the rest lies between clusters.
    pub within: f64,
}

impl Growth {
    /// The design as it is.
    pub const NONE: Self = Self { clusters: 1.0, samples: 1.0, within: 1.0 };

    /// What the variance of an estimate is multiplied with.
    pub fn variance(self) -> f64 {
        ((1.0 - self.within) + self.within / self.samples) / self.clusters
    }
}
