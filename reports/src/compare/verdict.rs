//! The decision rule: from an interval, a direction and a margin to one word. `docs/verdicts.md` is this file in prose.
//!
//! Not here: what a gate makes of a word (`judge.rs`), and where the interval comes from (`scorers::metric`).

use super::{
    outcome::{Aim, Beyond, Quantity, Span},
    word::Verdict,
};
use crate::{record::Better, text::counted};
use scorers::metric::design::Claim;

/// With fewer clusters no word is given for sure: two cases that both turn around do so by chance in one of eight runs, and no
/// interval over two numbers can be trusted to know. One that lies beyond the margin all the same does not pass a gate.
pub(crate) const FEWEST: u64 = 3;

/// A difference is beyond a margin by more than rounding makes of it.
pub(crate) const BARELY: f64 = 1e-9;

/// What a verdict is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// Clusters that the difference rests on.
    pub(crate) clusters: u64,
    /// Head minus base with its 95 % interval.
    pub(crate) difference: &'a Quantity,
    /// The 90 % interval, of which each end is a one-sided bound at 5 %.
    pub(crate) inner: Option<(f64, f64)>,
    /// The p-value of a difference beyond the margin, and adjusted for the family.
    pub(crate) beyond: Option<Beyond>,
    pub(crate) better: Option<Better>,
    pub(crate) margin: Option<f64>,
    pub(crate) level: f64,
}

/// How an interval lies, in the direction in which more is better; without one, as head minus base.
struct Lie {
    value: f64,
    ends: Option<(f64, f64)>,
    inner: Option<(f64, f64)>,
    margin: f64,
}

impl Evidence<'_> {
    fn lie(&self) -> Lie {
        let sign = self.better.map_or(1.0, Better::sign);
        let turned = |(low, high): (f64, f64)| if sign < 0.0 { (-high, -low) } else { (low, high) };
        Lie {
            value: sign * self.difference.value,
            ends: self.difference.ends().map(turned),
            inner: self.inner.map(turned),
            margin: self.margin.unwrap_or(0.0),
        }
    }

    /// Whether the interval lies wholly beyond the margin (0 without one), whatever else was tested.
    pub(crate) fn outside(&self) -> bool {
        self.lie().beyond()
    }

    /// Whether no grades of this design could show a difference beyond the margin, and the one that they show is beyond it, for
    /// the worse (without a direction, on either side): then the interval cannot tell, and nobody may say that it passes.
    pub(crate) fn too_few_to_tell(&self) -> bool {
        let loss =
            self.better.map_or(self.difference.value.abs(), |better| -better.sign() * self.difference.value);
        let unable = self.beyond.and_then(|beyond| beyond.least).is_some_and(|least| least > self.level);
        loss > self.margin.unwrap_or(0.0) + BARELY && (unable || self.clusters < FEWEST)
    }

    /// Whether the records show that it is not better by the margin, as a 90 % interval wholly below it does. Without a margin, so lies
    /// one of twenty where nothing changed: then it must be so once it is adjusted, too.
    pub(crate) fn not_improved(&self) -> bool {
        let lie = self.lie();
        let stands = || self.beyond.is_none_or(|beyond| beyond.adjusted <= 2.0 * self.level);
        lie.inner.is_some_and(|(_, high)| high < lie.margin) && (self.margin.is_some() || stands())
    }

    /// Whether that stands once it is adjusted for what else was tested.
    fn stands(&self) -> bool {
        self.beyond.is_none_or(|beyond| beyond.adjusted <= self.level)
    }

    /// How it is known to be beyond the margin.
    fn how(&self) -> String {
        let margin =
            self.margin.map_or("clear of 0".to_owned(), |margin| format!("beyond the margin of {margin}"));
        format!("its 95 % interval lies {margin}")
    }

    /// The verdict, and why.
    pub(crate) fn verdict(&self) -> (Verdict, String) {
        let lie = self.lie();
        if self.clusters < FEWEST {
            let clusters = counted(self.clusters, "cluster", "clusters");
            let why = format!("{clusters} cannot tell a difference from chance, it takes at least {FEWEST}");
            return match (lie.beyond(), self.better) {
                (true, None) => (Verdict::Shifted, format!("{}, but {why}", self.how())),
                (true, Some(_)) if lie.value < 0.0 => {
                    (Verdict::Slipped, format!("{}, but {why}", self.how()))
                }
                _ => (Verdict::Open, why),
            };
        }
        let Some((low, high)) = lie.ends else {
            let why = match &self.difference.interval {
                Span::Unknown { reason } => reason.clone(),
                Span::Known { .. } => String::new(),
            };
            return (Verdict::Open, why);
        };
        let beyond = lie.beyond();
        if beyond && self.stands() {
            let how = self.how();
            return match self.better {
                Some(_) if lie.value > 0.0 => (Verdict::Improved, format!("{how}, on the better side")),
                Some(_) => (Verdict::Regressed, format!("{how}, on the worse side")),
                None if self.margin.is_none() => (
                    Verdict::Changed,
                    format!("{how}; neither policy nor spec says which direction is better"),
                ),
                None => (Verdict::Changed, how),
            };
        }
        if let (true, Some(margin)) = (lie.within() && !beyond, self.margin) {
            return (Verdict::Equivalent, format!("its 90 % interval lies within ±{margin}"));
        }
        let perhaps = if beyond {
            format!("{}, but not once it is adjusted for the other metrics", self.how())
        } else {
            let margin = self.margin.unwrap_or_default();
            format!("it is clear of 0, but perhaps within the margin of {margin}")
        };
        let clear = beyond || low > 0.0 || high < 0.0;
        match self.better {
            None if clear => (Verdict::Shifted, perhaps),
            Some(_) if clear && lie.value > 0.0 => (Verdict::Gained, perhaps),
            Some(_) if !beyond && self.margin.is_some() && lie.not_worse() => {
                (Verdict::NotWorse, "its 90 % interval is not worse than the margin".to_owned())
            }
            Some(_) if clear => (Verdict::Slipped, perhaps),
            _ => {
                let margin = if self.margin.is_some() { ", and is not surely within the margin" } else { "" };
                (Verdict::Open, format!("its 95 % interval holds 0{margin}"))
            }
        }
    }

    /// What more trials would most easily show, if the true difference were the observed one.
    pub(crate) fn aim(&self) -> Option<(Aim, Claim)> {
        let value = self.difference.value;
        let difference = |margin: f64| match value > 0.0 {
            true => (Aim::Difference, Claim::Above(margin)),
            false => (Aim::Difference, Claim::Below(-margin)),
        };
        let Some(margin) = self.margin else {
            // Without a margin only a difference can be shown.
            return (value != 0.0).then(|| difference(0.0));
        };
        let loss = self.better.map_or(value.abs(), |better| -better.sign() * value);
        if loss > margin {
            return Some(difference(margin));
        }
        (loss < margin).then_some(match self.better {
            Some(Better::Higher) => (Aim::NotWorse, Claim::Above(-margin)),
            Some(Better::Lower) => (Aim::NotWorse, Claim::Below(margin)),
            None => (Aim::Equivalence, Claim::Between(-margin, margin)),
        })
    }
}

impl Lie {
    /// Wholly outside of ±margin, on one side.
    fn beyond(&self) -> bool {
        self.ends.is_some_and(|(low, high)| low > self.margin || high < -self.margin)
    }

    /// The 90 % interval lies strictly inside of ±margin (two one-sided tests, Schuirmann 1987,
    /// <https://doi.org/10.1007/BF01068419>).
    fn within(&self) -> bool {
        self.inner.is_some_and(|(low, high)| -self.margin < low && high < self.margin)
    }

    /// The 90 % interval lies above minus the margin (one one-sided test).
    fn not_worse(&self) -> bool {
        self.inner.is_some_and(|(low, _)| -self.margin < low)
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
