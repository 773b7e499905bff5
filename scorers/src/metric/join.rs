//! Two metrics over the same clusters taken together: their difference and their quotient, paired.

use super::{
    Prepared, Range,
    closed::{Difference, MetricPair, Quotient, Withheld},
    cluster::Statistic,
    formula::Join,
    paired_clusters::PairedClusters,
    rarefy::{marked, rarefied},
};

impl Prepared {
    /// This metric and another one as they can be compared: an entropy and an effective number depend on how many draws there
    /// are, and of two that rest on unequal numbers as many are taken as both have.
    pub fn comparable(&self, other: &Self) -> (Self, Self) {
        let both = self.draws.as_ref().zip(other.draws.as_ref());
        match both.and_then(|(mine, theirs)| rarefied(mine, theirs)) {
            Some((mut mine, mut theirs)) => {
                mine.series.clone_from(&self.series);
                theirs.series.clone_from(&other.series);
                (mine, theirs)
            }
            None => (self.clone(), other.clone()),
        }
    }

    /// This metric minus another one over the same clusters, paired: of the same probe, or of the same
    /// probe in another run. What depends on the number of draws is compared at equal numbers, see [`Self::comparable`].
    ///
    /// # Errors
    /// When the two together are too large, or have no value.
    pub fn minus(&self, other: &Self) -> Result<Self, String> {
        let shares = self.range == Range::Share && other.range == Range::Share;
        let range = if shares { Range::ShareDifference } else { Range::Real };
        let (mine, theirs) = self.comparable(other);
        let mut difference = mine.join(&theirs, Join::Difference, range)?;
        if self.draws.is_some() && mine.draws.is_none() {
            difference = marked(difference);
        }
        for (round, n, mine) in &self.series {
            if let Some((_, other_n, theirs)) = other.series.iter().find(|(other, ..)| other == round)
                && let Ok(point) = mine.minus(theirs)
            {
                difference.series.push((*round, n + other_n, point));
            }
        }
        Ok(difference)
    }

    /// This metric divided by another one over the same clusters, paired.
    ///
    /// # Errors
    /// When the two together are too large, or have no value.
    pub fn over(&self, other: &Self) -> Result<Self, String> {
        let (mine, theirs) = self.comparable(other);
        let positive = |range| matches!(range, Range::Share | Range::Positive);
        let both = positive(self.range) && positive(other.range);
        mine.join(&theirs, Join::Quotient, if both { Range::Positive } else { Range::Real })
    }

    /// So many times this metric plus so many times another one over the same clusters, with Student's t over what each cluster
    /// contributes to the sum.
    ///
    /// # Errors
    /// When the two together are too large, or have no value.
    pub fn plus(&self, weight: f64, other: &Self, others: f64) -> Result<Self, String> {
        let (mine, theirs) = self.comparable(other);
        let sum = mine.join(&theirs, Join::Sum(weight, others), Range::Real)?;
        match sum.closed.is_some() {
            // One of the two has no interval that would not mislead.
            true => Ok(sum),
            false => Self::averaged(sum.statistic, Range::Real, None),
        }
    }

    fn join(&self, other: &Self, join: Join, range: Range) -> Result<Self, String> {
        let statistic = Statistic::join(&self.statistic, &other.statistic, join)?;
        let joined = Self::resampled(statistic, range)?;
        let withheld =
            |side: &Self| side.closed.as_ref().and_then(|closed| Some(closed.withheld()?.to_owned()));
        if let Some(why) = withheld(self).or_else(|| withheld(other)) {
            return Ok(joined.with(Withheld(why)));
        }
        let (Some(left), Some(right)) = (&self.closed, &other.closed) else { return Ok(joined) };
        let correlation = self.statistic.correlation(&other.statistic);
        let pair =
            MetricPair { left: (self.value, left.clone()), right: (other.value, right.clone()), correlation };
        Ok(match join {
            Join::Difference => {
                let sides = [&self.statistic, &other.statistic];
                match PairedClusters::new(sides, &joined.statistic, range, &pair) {
                    Some(paired) => joined.with(paired),
                    None => joined.with(Difference(pair)),
                }
            }
            Join::Quotient => joined.with(Quotient(pair)),
            Join::Sum(..) => joined,
        })
    }
}
