//! Weighted sums of shares, or of their z: what rates, d′ and their contrasts and differences have in common.
//!
//! The interval of such a sum recovers the variance of every share from its own limits, separately in both directions, and
//! adds them up with the correlations that common clusters bring about (MOVER: Zou & Donner 2008,
//! <https://doi.org/10.1002/sim.3095>; of two shares it is Newcombe's method 10). So a share that is 0 or 1 in every
//! cluster keeps the doubt that its own interval has, although no cluster differs from any other.

use super::{
    interval::{CONFIDENCE, Ends, normal_density, probit},
    share::{HALF, Share},
};
use std::sync::Arc;

/// Rates nearer to 0 or 1 than this are counted as this far away where a z is taken of them: a rate that is 1 in every
/// grade has no upper limit below 1, and the z of 1 is infinite.
pub(super) const NEAREST: f64 = 0.0005;

/// The rate by the log-linear rule.
pub(crate) fn corrected(yes: f64, n: f64) -> f64 {
    (yes + 0.5) / (n + 1.0)
}

/// What is made of a share before it is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The share itself.
    Share,
    /// Its z, after the log-linear rule.
    Z,
}

/// One share in a sum.
#[derive(Clone, Debug)]
pub struct Term {
    /// The share of true flags.
    pub share: Arc<Share>,
    /// What is made of it.
    pub link: Link,
    /// What it is multiplied with.
    pub weight: f64,
}

impl Term {
    /// The same, taken away instead of added.
    #[must_use]
    pub(super) fn negated(mut self) -> Self {
        self.weight = -self.weight;
        self
    }

    /// Whether hardly anything limits it on one side: the z of a rate that is 0 or 1 in every cluster but one.
    fn open(&self) -> bool {
        self.link == Link::Z && self.share.informative <= 1.0
    }

    /// By how much the variance of the sum may be larger than the grades show, below and above it, because clusters that were not
    /// drawn hold most of the rarer answers ([`Share::unseen_variance`]): such clusters move a share towards a half,
    /// and one that is a half to either side.
    fn hidden(&self) -> (f64, f64) {
        let Share { value, .. } = *self.share;
        let slope = match self.link {
            Link::Share => 1.0,
            Link::Z => 1.0 / normal_density(probit(corrected(value * self.share.n, self.share.n))),
        };
        let variance = (self.weight * slope).powi(2) * self.share.unseen_variance();
        // How much the sum grows as the share goes towards a half.
        let tilt = self.weight.signum() * (1.0 - 2.0 * value);
        (if tilt < HALF { variance } else { 0.0 }, if tilt > -HALF { variance } else { 0.0 })
    }

    /// Value and limits of what is made of the share, before it is weighted.
    fn ends(&self, confidence: f64, rare: bool) -> Ends {
        // Beside a share that is not rare, how near the limit of one is that is hardly matters: two shares keep Wilson's, as
        // Newcombe has them.
        let careful = rare || self.link == Link::Z;
        let Ends { value, low, high } =
            if careful { self.share.ends(confidence) } else { self.share.wilson(confidence) };
        match self.link {
            Link::Share => Ends { value, low, high },
            Link::Z => {
                let value = probit(corrected(self.share.value * self.share.n, self.share.n));
                let z = |share: f64| probit(share.clamp(NEAREST, 1.0 - NEAREST));
                // The corrected rate is drawn towards a half, and never beyond the limits by much.
                Ends { value, low: z(low).min(value), high: z(high).max(value) }
            }
        }
    }
}

/// How far down and up a term may lie from its value, with its weight.
#[derive(Clone, Copy)]
struct Reach {
    down: f64,
    up: f64,
    /// The same on the side on which nothing limits it; 0 elsewhere.
    open_down: f64,
    open_up: f64,
}

impl Reach {
    fn of(term: &Term, confidence: f64, rare: bool) -> Self {
        let Ends { value, low, high } = term.ends(confidence, rare);
        let (down, up) = (term.weight.abs() * (value - low), term.weight.abs() * (high - value));
        let (none, some) = (term.open() && term.share.value < 0.5, term.open() && term.share.value > 0.5);
        let reach = Self {
            down: if none { 0.0 } else { down },
            up: if some { 0.0 } else { up },
            open_down: if none { down } else { 0.0 },
            open_up: if some { up } else { 0.0 },
        };
        if term.weight < 0.0 { reach.mirrored() } else { reach }
    }

    fn mirrored(self) -> Self {
        Self { down: self.up, up: self.down, open_down: self.open_up, open_up: self.open_down }
    }
}

/// How far down and up the sum of the terms may lie from its value. What chance explains is added up as variances are; how far
/// a rate lies from 0 or 1 if no grade ever was anything else is no chance but unknown, and is added as it is.
pub(super) fn recovered(terms: &[Term], confidence: f64) -> (f64, f64) {
    let rare = terms.iter().all(|term| term.share.rare());
    let reaches: Vec<Reach> = terms.iter().map(|term| Reach::of(term, confidence, rare)).collect();
    let (mut down, mut up) = (0.0, 0.0);
    // Over few clusters the correlations of several shares can be such, by chance, that nothing is left: as much as one cluster has always stays.
    let least = |of: fn(&Reach) -> f64| {
        let clusters = terms.iter().map(|term| term.share.pulls().len()).max().unwrap_or(1).max(1) as f64;
        let own = reaches.iter().map(|reach| of(reach) * of(reach)).sum::<f64>() / clusters;
        if terms.len() > 2 { own } else { 0.0 }
    };
    for (place, (term, reach)) in terms.iter().zip(&reaches).enumerate() {
        down += reach.down * reach.down;
        up += reach.up * reach.up;
        for (other, beside) in terms.iter().zip(&reaches).skip(place + 1) {
            let correlation = term.share.correlation(&other.share);
            let correlation = term.share.cautious(&other.share, correlation, confidence);
            let twice = 2.0 * correlation * term.weight.signum() * other.weight.signum();
            down += twice * reach.down * beside.down;
            up += twice * reach.up * beside.up;
        }
    }
    let open = |of: fn(&Reach) -> f64| reaches.iter().map(of).sum::<f64>();
    let (least_down, least_up) = (least(|reach| reach.down), least(|reach| reach.up));
    (
        down.max(least_down).sqrt() + open(|reach| reach.open_down),
        up.max(least_up).sqrt() + open(|reach| reach.open_up),
    )
}

/// How far down and up the sum may lie from its value because of rates that are 0 or 1 in every grade.
pub(super) fn open(terms: &[Term]) -> (f64, f64) {
    // The confidence matters for the limits on the other side alone.
    let reaches = terms.iter().map(|term| Reach::of(term, CONFIDENCE, true));
    reaches.fold((0.0, 0.0), |(down, up), reach| (down + reach.open_down, up + reach.open_up))
}

/// What [`Term::hidden`] adds to the variance below and above the sum.
pub(super) fn hidden(terms: &[Term]) -> (f64, f64) {
    terms.iter().map(Term::hidden).fold((0.0, 0.0), |(down, up), (less, more)| (down + less, up + more))
}

/// The fewest clusters in which any of the shares has its rarer answer.
pub(super) fn informative(terms: &[Term]) -> f64 {
    terms.iter().map(|term| term.share.informative).fold(f64::INFINITY, f64::min)
}

/// Whether all shares rest on the same clusters.
pub(super) fn same_clusters(terms: &[Term]) -> bool {
    let clusters = |term: &Term| term.share.pulls().iter().map(|(cluster, _)| *cluster).collect::<Vec<u32>>();
    terms.windows(2).all(|pair| match pair {
        [one, other] => clusters(one) == clusters(other),
        _ => true,
    })
}
