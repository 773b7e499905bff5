//! The difference of two means, rates, d′ or contrasts over the same clusters.
//!
//! What the two sides of a cluster contribute to the difference is one number, and clusters are independent: the difference
//! has Student's t interval from those numbers, whatever correlates within a cluster (analysis of cluster summaries,
//! Donner & Klar 2000, *Design and Analysis of Cluster Randomization Trials*, chapter 6; linearised as in
//! [`super::cluster::Statistic::standard_error`]). Combining the intervals of the two sides instead
//! ([`super::terms::recovered`]) adds up two doubts about how much flags of one cluster are alike, although the
//! doubt cancels where both sides have the same clusters: with 12 cases of 8 flags such an interval of a difference of d′
//! is nearly twice as wide.
//!
//! t says nothing where nearly all clusters contribute the same, such as none or all that there can be: where all do, it
//! has no width. So with k clusters that tell something, the squared reach of t weighs k² / (k² + doubt²), that of the
//! combined intervals the rest; the weight is Grice's own. Of a difference of shares those clusters tell something that
//! do not contribute what most do. The z of a rate bends so much near 0 and 1 that each of the rates must be seen to vary: k
//! is the fewest clusters in which any of them has its rarer answer. So a rate that is 1 in every case never passes for one
//! that is known exactly.
//!
//! Two things make t too short on one side. Few true flags in a few clusters make contributions skewed; it is
//! corrected there for as much of the skewness as exceeds its standard error (Johnson 1978, <https://doi.org/10.1080/01621459.1978.10480051>; Hall 1992,
//! <https://doi.org/10.1111/j.2517-6161.1992.tb01872.x>). And clusters that hold most of the rarer answers may exist although
//! none was drawn: [`terms::hidden`] adds what they could do, on the side of a half. Both only ever lengthen the interval. Such
//! clusters favour neither side if the two sides do not differ, so at a difference of 0 they are left out: an end that
//! lies on one side of 0 without them stays there.
//!
//! Means need no such care: their difference has the t interval of paired samples, also where one side is the same in every
//! cluster and has no interval by itself. Where no two clusters differ in it, it has the interval that it would have if one grade differed by
//! one unit.
//!
//! No end moves against the grades: of shares each is the nearest one over these grades and grades that are nowhere
//! worse (better), see [`super::monotone`].
//!
//! Two shares with one flag a cluster are left alone: there the combined intervals are Newcombe's method 10.

use super::{
    Range,
    closed::{ClosedForm, Difference, MetricPair, Student},
    cluster::Statistic,
    contributions::Contributions,
    growth::Growth,
    interval::{CONFIDENCE, Interval},
    monotone::{self, End, Flags, LEVELS},
    terms::{self, Link, Term},
};
use std::sync::{Arc, OnceLock};

/// With how many clusters that stand out t is half believed of a difference of shares. Chosen by simulation over 6 to 100
/// clusters of 1 to 16 flags, shares from 0.001 to 0.999 (`BENCHMARKS.md`).
const DOUBT: f64 = 0.5;

/// The same for z, by the fewest clusters in which any of the rates has its rarer answer.
const DOUBT_Z: f64 = 0.75;

/// With fewer clusters than this their contributions say too little of how far others may lie: the combined intervals count.
const FEWEST: f64 = 7.0;

/// As good as 0, as a part of the value.
const BARELY: f64 = 1e-6;

/// Grades beside those that there are, with which the ends of an interval are held together.
#[derive(Default)]
struct Others {
    /// Those that are nowhere better, of which the lower end is nearer.
    lower: Vec<PairedClusters>,
    /// Those that are nowhere worse, of which the upper end is nearer.
    upper: Vec<PairedClusters>,
    /// The grades of one side on both: the lower end reaches at least as far as theirs if no cluster is better, the upper one if
    /// none is worse.
    least: [Vec<PairedClusters>; 2],
}

/// The first side minus the second.
pub(crate) struct PairedClusters {
    combined: Difference,
    value: f64,
    /// The shares that the difference is a sum of; none of means.
    terms: Vec<Term>,
    /// What clusters contribute; none where that does not count.
    contributions: Option<Contributions>,
    /// The values that the difference can take.
    range: Range,
    /// Of a mean that differs by the same in every cluster, by how much one grade would move it.
    step: Option<f64>,
    /// The difference over these grades, from which others are made; none of what was made so itself, or has other clusters on either side.
    source: Option<Statistic>,
    /// Grades that are nowhere better, and nowhere worse, of which the lower and the upper end is nearer; sought when an interval is
    /// asked for.
    nearer: OnceLock<Others>,
    /// Whether the ends are held together with them.
    held: bool,
}

impl PairedClusters {
    /// From the statistics of both sides, that of their difference with its range, and how their intervals combine. None
    /// of means over clusters that are not the same.
    pub(crate) fn new(
        sides: [&Statistic; 2],
        difference: &Statistic,
        range: Range,
        pair: &MetricPair,
    ) -> Option<Self> {
        let [left, right] = sides;
        let same = left.clusters() == right.clusters();
        let terms = pair.terms();
        if terms.is_empty() && !same {
            return None;
        }
        let several =
            |statistic: &Statistic| statistic.rows().any(|row| matches!(row, [_, count] if *count > 1.0));
        let newcombe = pair.of_shares() && !(several(left) && several(right));
        let contributions = if same && !newcombe && terms::same_clusters(&terms) {
            Some(Contributions::of(difference)?)
        } else {
            None
        };
        let mean = terms.is_empty() && pair.linear();
        let differs = contributions.is_some_and(|found| found.student(CONFIDENCE) > 0.0);
        Some(Self {
            combined: Difference(pair.clone()),
            value: difference.point()?,
            terms,
            contributions,
            range,
            step: if mean && !differs { monotone::one_step(difference) } else { None },
            source: same.then(|| difference.clone()),
            nearer: OnceLock::new(),
            held: false,
        })
    }

    /// Grades with which the ends are held together.
    fn others(&self) -> Others {
        let Some(difference) = &self.source else { return Others::default() };
        if let Some(flags) = Flags::of(difference, &self.terms) {
            let [no_better, no_worse] = flags.one_sided();
            let least = [End::Lower, End::Upper].map(|end| -> Vec<Self> {
                let reach = |flags: &Flags| Some(self.over(flags)?.plain_ends(end));
                flags.between(end, reach).iter().filter_map(|flags| self.over(flags)).collect()
            });
            // Where no cluster differs the interval stands as it is.
            return if no_better && no_worse {
                Others { least, ..Others::default() }
            } else {
                let [lower, upper] = [End::Lower, End::Upper].map(|end| {
                    let at = |flags: &Flags| Some(self.over(flags)?.plain_ends(end));
                    let nearest = flags.nearest(self.informative(), end, self.plain_ends(end), at);
                    nearest.iter().filter_map(|flags| self.over(flags)).collect()
                });
                Others { lower, upper, least }
            };
        }
        Others::default()
    }

    /// The same without the grades of which ends are nearer.
    fn like(&self) -> Self {
        let (combined, terms) = (self.combined.clone(), self.terms.clone());
        Self { combined, terms, source: None, nearer: OnceLock::new(), ..*self }
    }

    /// The same over other flags.
    fn over(&self, flags: &Flags) -> Option<Self> {
        let contributions = match self.contributions {
            Some(_) => Some(Contributions::of(flags.difference())?),
            None => None,
        };
        let (terms, value) = (flags.terms()?, flags.difference().point()?);
        Some(Self { terms, value, contributions, ..self.like() })
    }

    /// Clusters that stand out; none where that does not count.
    fn informative(&self) -> f64 {
        self.contributions.map_or(0.0, |found| found.informative)
    }

    /// An end of the interval over these grades alone, turned so that the nearer one is smaller.
    fn plain_end(&self, end: End, confidence: f64) -> Option<f64> {
        let Interval { low, high, .. } = self.plain(confidence).ok()?;
        Some(if end == End::Lower { -low } else { high })
    }

    /// The same at every level at which ends are held; infinite where there is none.
    fn plain_ends(&self, end: End) -> [f64; LEVELS.len()] {
        LEVELS.map(|level| self.plain_end(end, level).unwrap_or(f64::INFINITY))
    }

    fn bounded(&self, down: f64, up: f64, method: impl Into<String>) -> Result<Interval, String> {
        let (least, most) = match self.range {
            Range::ShareDifference => (-1.0, 1.0),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let (low, high) = ((self.value - down).max(least), (self.value + up).min(most));
        Interval::checked(low, high, method, "its spread is not a finite number")
    }

    /// How much of the squared reach is Student's.
    fn seen(&self, contributions: Contributions) -> f64 {
        if contributions.clusters() < FEWEST || contributions.quantile(CONFIDENCE).is_infinite() {
            return 0.0;
        }
        let (known, doubt) = if self.terms.iter().any(|term| term.link == Link::Z) {
            (terms::informative(&self.terms).min(contributions.informative), DOUBT_Z)
        } else {
            (contributions.informative, DOUBT)
        };
        known * known / (known * known + doubt * doubt)
    }

    /// The name of the combined intervals.
    fn combination(&self) -> &'static str {
        let of_z = self.terms.iter().any(|term| term.link == Link::Z);
        let several = self.terms.iter().any(|term| term.share.clusters < term.share.n);
        match (of_z, several) {
            (true, _) => "paired by cluster, MOVER (z of Wilson, effective n)",
            (false, true) => "paired by cluster, MOVER (Wilson, effective n)",
            (false, false) => "paired by cluster, MOVER (Wilson)",
        }
    }
}

/// What the method says.
const METHOD: &str = "t, paired by cluster";
/// The same where no two clusters differ.
const ONE_STEP: &str = "t, paired by cluster, as if one grade differed by one unit";

impl PairedClusters {
    /// The interval over these grades alone.
    fn plain(&self, confidence: f64) -> Result<Interval, String> {
        if self.terms.is_empty() {
            let half = self.contributions.map_or(0.0, |found| found.student(confidence));
            if half > 0.0 {
                return self.bounded(half, half, METHOD);
            }
            let combined = self.combined.interval(confidence);
            let step =
                self.contributions.zip(self.step).map(|(found, step)| found.quantile(confidence) * step);
            return match step.filter(|_| combined.is_err()) {
                Some(half) => self.bounded(half, half, ONE_STEP),
                None => combined,
            };
        }
        let (down, up) = terms::recovered(&self.terms, confidence);
        let Some(found) = self.contributions.filter(|found| found.informative > 0.0) else {
            return self.bounded(down, up, self.combination());
        };
        let seen = self.seen(found);
        let (less, more) = found.skewed(confidence);
        let (below, above) = terms::hidden(&self.terms);
        let quantile = found.quantile(confidence);
        let reach = |student: f64, hidden: f64, combined: f64| {
            if seen <= 0.0 {
                return combined;
            }
            let squared = student * student + quantile * quantile * hidden;
            (seen * squared + (1.0 - seen) * combined * combined).sqrt()
        };
        let end = |student: f64, hidden: f64, combined: f64, room: f64| {
            let (with, without) = (reach(student, hidden, combined), reach(student, 0.0, combined));
            // On this side lies 0, so far away.
            if room > 0.0 && without < room { with.min(room * (1.0 - BARELY)) } else { with }
        };
        let (down, up) = (end(less, below, down, self.value), end(more, above, up, -self.value));
        let method = if seen > 0.0 { METHOD } else { self.combination() };
        self.bounded(down, up, method)
    }
}

impl ClosedForm for PairedClusters {
    fn interval(&self, confidence: f64) -> Result<Interval, String> {
        let mut interval = self.plain(confidence)?;
        if !self.held {
            return Ok(interval);
        }
        let Others { lower, upper, least } = self.nearer.get_or_init(|| self.others());
        let ends = |nearer: &[Self], end| -> f64 {
            nearer.iter().filter_map(|found| found.plain_end(end, confidence)).fold(f64::INFINITY, f64::min)
        };
        interval.low = interval.low.max(-ends(lower, End::Lower));
        interval.high = interval.high.min(ends(upper, End::Upper));
        let [below, above] = least;
        let farthest = |same: &[Self], end| -> Option<f64> {
            same.iter().filter_map(|found| found.plain_end(end, confidence)).reduce(f64::max)
        };
        if let Some(low) = farthest(below, End::Lower) {
            interval.low = interval.low.min(-low);
        }
        if let Some(high) = farthest(above, End::Upper) {
            interval.high = interval.high.max(high);
        }
        Ok(interval)
    }

    fn student(&self) -> Option<Student> {
        let by_t = match (self.terms.is_empty(), self.contributions) {
            (_, None) => false,
            (true, Some(found)) => found.student(CONFIDENCE) > 0.0 || self.step.is_some(),
            (false, Some(found)) => found.informative > 0.0 && self.seen(found) > 0.0,
        };
        if by_t { Some(Student::Paired) } else { self.combined.student() }
    }

    fn rarefied(&self) -> bool {
        self.combined.rarefied()
    }

    fn held(&self) -> Option<Arc<dyn ClosedForm>> {
        Some(Arc::new(Self { source: self.source.clone(), held: true, ..self.like() }))
    }

    fn grown(&self, growth: Growth) -> Option<Arc<dyn ClosedForm>> {
        let grow = |term: &Term| Term { share: Arc::new(term.share.grown(growth)), ..term.clone() };
        Some(Arc::new(Self {
            combined: Difference(self.combined.0.grown(growth)?),
            value: self.value,
            terms: self.terms.iter().map(grow).collect(),
            contributions: self.contributions.map(|found| found.grown(growth)),
            range: self.range,
            step: self.step.map(|step| step / growth.clusters / growth.samples),
            source: None,
            nearer: OnceLock::new(),
            held: false,
        }))
    }

    fn terms(&self) -> Vec<Term> {
        self.terms.clone()
    }

    fn width(&self) -> Option<f64> {
        self.combined.width()
    }

    fn linear(&self) -> bool {
        self.combined.linear()
    }

    fn flags(&self, confidence: f64) -> Option<f64> {
        self.combined.flags(confidence)
    }
}

#[cfg(test)]
mod tests {
    use crate::metric::fixture::{Fixture, assert_near, ends};
    use crate::metric::{
        Estimate,
        interval::{difference, wilson},
    };
    use serde_json::json;

    /// The contrast of two arms with 4 flags a case; how many are true in each case.
    fn contrast(pairs: &[(usize, usize)]) -> Estimate {
        let fixture = pairs.iter().zip(0..).fold(Fixture::arms(&["a", "b"]), |table, ((a, b), case)| {
            table.flags("s", case, 0, *a, 4).flags("s", case, 1, *b, 4)
        });
        fixture.estimate(json!({
            "a": { "rate": { "of": "s@a" } },
            "b": { "rate": { "of": "s@b" } },
            "m": { "contrast": { "plus": "a", "minus": "b" } },
        }))
    }

    // scipy.stats.ttest_rel of the rates: half the width is 0.22168352358682347. 5 of 8 cases stand out, so that 0.99 of
    // the squared reach is t's; of a share of 3/4 eight cases alike would show none of the rarer kind in one of ten samples.
    #[test]
    fn where_all_cases_differ_it_is_nearly_the_paired_t_interval() {
        let found = contrast(&[(4, 3), (3, 1), (4, 2), (2, 1), (3, 0), (1, 0), (2, 2), (4, 1)]);
        let half = 0.221_683_523_586_823_47_f64;
        assert!((found.value - 13.0 / 32.0).abs() < 1e-12, "{found:?}");
        assert!(found.method.starts_with("t, paired"), "{found:?}");
        for reach in [found.high - found.value, found.value - found.low] {
            assert!(0.99 * half < reach && reach < 1.2 * half, "{reach} {half}");
        }
    }

    // Six cases say too little of how far others may lie: the combined intervals stand.
    #[test]
    fn of_few_cases_the_combined_intervals_stand() {
        let found = contrast(&[(4, 3), (3, 1), (4, 2), (2, 1), (3, 0), (1, 0)]);
        assert!(found.method.starts_with("paired by cluster, MOVER"), "{found:?}");
        assert!(found.high - found.low > 2.0 * 0.214, "{found:?}");
    }

    // scipy.stats.ttest_rel: the second side is 1 in every case, so that it has no interval by itself.
    #[test]
    fn a_side_that_never_varies_leaves_the_paired_t_interval() {
        let fixture =
            [2.0, 3.0, 5.0, 4.0].iter().zip(0..).fold(Fixture::arms(&["a", "b"]), |table, (a, case)| {
                table.numbers("s", case, 0, &[*a]).numbers("s", case, 1, &[1.0])
            });
        let found = fixture.estimate(json!({
            "a": { "mean": { "of": "s@a" } },
            "b": { "mean": { "of": "s@b" } },
            "m": { "contrast": { "plus": "a", "minus": "b" } },
        }));
        assert_near(&ends(&found), &[2.5, 0.445739743239121, 4.554260256760879], 1e-9);
    }

    // Every case goes from all to none, which is no certainty that all would: the combined intervals stand, Wilson's with 4
    // cases that are worth one flag each.
    #[test]
    fn where_all_cases_differ_as_far_as_they_can_the_combined_intervals_stand() {
        let found = contrast(&[(4, 0); 4]);
        let expected = difference(wilson(1.0, 4.0, 0.95), wilson(0.0, 4.0, 0.95), 0.0);
        assert_near(&ends(&found), &[1.0, expected.low, 1.0], 1e-9);
        assert!(found.low < 0.4, "{found:?}");
    }

    // No case differs, so the combined intervals stand: Wilson's, with 4 cases that are worth one flag each. The sides
    // move together but for the continuity correction of half a flag in 4: the correlation is 1 - 0.5 / (4 × 1/4) = 1/2.
    #[test]
    fn where_no_case_differs_the_combined_intervals_stand() {
        let found = contrast(&[(4, 4), (0, 0), (4, 4), (0, 0)]);
        let share = wilson(0.5, 4.0, 0.95);
        let expected = difference(share, share, 0.5);
        assert_near(&ends(&found), &[0.0, expected.low, expected.high], 1e-9);
    }
}
