//! From a difference to one of four verdicts.

use super::result::{Aim, Quantity, Test};
pub use crate::record::Better;
use serde::{Deserialize, Serialize};

/// What the records say about a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The head is better: the adjusted test rejects, and the interval lies on the better side of 0.
    Improved,
    /// The head is worse, in the same sense.
    Regressed,
    /// Two one-sided tests say that any difference is smaller than the margin, significant or not.
    Equivalent,
    /// None of the three: too few trials, or a difference of which nobody said whether it is good.
    Undecided,
}

impl Verdict {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::Regressed => "regressed",
            Self::Equivalent => "equivalent",
            Self::Undecided => "undecided",
        }
    }
}

/// What a verdict is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) difference: &'a Quantity,
    pub(crate) inner: Option<(f64, f64)>,
    pub(crate) test: Option<&'a Test>,
    pub(crate) better: Option<Better>,
    pub(crate) margin: Option<f64>,
    pub(crate) level: f64,
}

impl Evidence<'_> {
    /// Whether any difference is smaller than the margin: the 90 % interval lies strictly inside of it
    /// (two one-sided tests, Schuirmann 1987, <https://doi.org/10.1007/BF01068419>).
    pub(crate) fn equivalent(&self) -> bool {
        matches!((self.inner, self.margin), (Some((low, high)), Some(margin)) if -margin < low && high < margin)
    }

    /// Whether the head is not worse by the margin or more (one-sided, at the level).
    pub(crate) fn not_worse(&self) -> bool {
        match (self.inner, self.margin, self.better) {
            (Some((low, _)), Some(margin), Some(Better::Higher)) => low > -margin,
            (Some((_, high)), Some(margin), Some(Better::Lower)) => high < margin,
            _ => self.equivalent(),
        }
    }

    /// Whether any difference is larger than the margin: the 95 % interval lies outside of it.
    pub(crate) fn outside(&self) -> bool {
        matches!((self.difference.ends(), self.margin), (Some((low, high)), Some(margin)) if low > margin || high < -margin)
    }

    /// Whether there is a difference: the test and the interval must both say so.
    pub(crate) fn differs(&self) -> bool {
        let rejects = self.test.is_some_and(|test| test.adjusted <= self.level);
        let clear = self.difference.ends().is_some_and(|(low, high)| low > 0.0 || high < 0.0);
        rejects && clear
    }

    /// The verdict, and why.
    pub(crate) fn verdict(&self) -> (Verdict, String) {
        if let (true, Some(margin)) = (self.equivalent(), self.margin) {
            return (Verdict::Equivalent, format!("its 90 % interval lies within ±{margin}"));
        }
        if self.differs() {
            return match self.better {
                Some(better) if better.sign() * self.difference.value > 0.0 => {
                    (Verdict::Improved, "the difference is significant and in the better direction".to_owned())
                }
                Some(_) => {
                    (Verdict::Regressed, "the difference is significant and in the worse direction".to_owned())
                }
                None => (
                    Verdict::Undecided,
                    "the difference is significant, but neither policy nor spec says which direction is better"
                        .to_owned(),
                ),
            };
        }
        let why = match (&self.difference.interval, self.test) {
            (super::result::Span::Unknown { reason }, _) => reason.clone(),
            (_, None) => "these clusters allow no test".to_owned(),
            (_, Some(test)) if test.adjusted > self.level => {
                let also = if test.p <= self.level { " once adjusted for the other metrics" } else { "" };
                format!("the difference is not significant{also}")
            }
            _ => "the test rejects, but the 95 % interval holds 0".to_owned(),
        };
        let margin = if self.margin.is_some() { ", nor is it surely within the margin" } else { "" };
        (Verdict::Undecided, why + margin)
    }

    /// What more trials would most easily show.
    pub(crate) fn aim(&self) -> Option<(Aim, f64)> {
        let size = self.difference.value.abs();
        match self.margin {
            // Half-way to the margin either claim is as hard.
            Some(margin) if size < margin / 2.0 => Some((Aim::Equivalence, margin - size)),
            _ if size > 0.0 => Some((Aim::Difference, size)),
            _ => None,
        }
    }
}
