//! Whether two records share the randomness of their draws, and how much of their noise that takes away.
//!
//! Where they do, the difference between two paired trials is that of the models and not of their luck. Nothing about
//! estimates changes: they are paired in any case, and their intervals are as narrow as the pairs are alike.

use super::side::Side;
use crate::record::{Coupling, Header};
use serde::{Deserialize, Serialize};

/// Whether two records share their randomness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coupled {
    /// Every pair of trials was drawn with the same noise.
    Yes,
    /// Not so, for these reasons.
    No(Vec<Uncoupled>),
}

/// Why two records do not share their randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uncoupled {
    /// In the base, some probe that both have was sampled without coupling.
    Base,
    /// In the head, some probe that both have was sampled without coupling.
    Head,
    /// The seeds of the runs differ.
    Seeds,
    /// The tokenizers differ, so that one number is not one token.
    Tokenizers,
    /// One of the records does not know its tokenizer.
    TokenizerUnknown,
}

impl Default for Coupled {
    fn default() -> Self {
        Self::No(Vec::new())
    }
}

impl Coupled {
    /// What the headers say.
    pub(super) fn of(base: &Side, head: &Side) -> Self {
        let (base, head) = (base.header(), head.header());
        let mut reasons = Vec::new();
        if !all_coupled(base, head) {
            reasons.push(Uncoupled::Base);
        }
        if !all_coupled(head, base) {
            reasons.push(Uncoupled::Head);
        }
        if base.seed != head.seed {
            reasons.push(Uncoupled::Seeds);
        }
        let (one, other) = (base.model(), head.model());
        match (&one.tokenizer, &other.tokenizer) {
            (Some(one), Some(other)) if one == other => {}
            (Some(_), Some(_)) => reasons.push(Uncoupled::Tokenizers),
            // A single file that holds both weights and tokenizer is one of each.
            _ if one.weights.is_some() && one.weights == other.weights => {}
            _ => reasons.push(Uncoupled::TokenizerUnknown),
        }
        if reasons.is_empty() { Self::Yes } else { Self::No(reasons) }
    }

    /// Whether they do.
    pub fn is_yes(&self) -> bool {
        *self == Self::Yes
    }
}

fn all_coupled(of: &Header, other: &Header) -> bool {
    let common = of.probes.iter().filter(|probe| other.probes.iter().any(|other| other.id == probe.id));
    common.into_iter().all(|probe| probe.sampling.coupling == Coupling::Gumbel)
}

impl Uncoupled {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Base => "the base was sampled without coupling",
            Self::Head => "the head was sampled without coupling",
            Self::Seeds => "the seeds differ",
            Self::Tokenizers => "the tokenizers differ",
            Self::TokenizerUnknown => "a tokenizer is not known",
        }
    }
}

impl std::fmt::Display for Coupled {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::No(reasons) = self else { return formatter.write_str("yes") };
        if reasons.is_empty() {
            return formatter.write_str("no");
        }
        let reasons: Vec<&str> = reasons.iter().map(|reason| reason.words()).collect();
        write!(formatter, "no ({})", reasons.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{header, side};
    use super::*;

    fn coupled(change: fn(&mut Header)) -> Coupled {
        let mut one = header("one", 2, 2);
        one.cast.model.model.tokenizer = Some("t".into());
        one.probes[0].sampling.coupling = Coupling::Gumbel;
        let mut other = one.clone();
        change(&mut other);
        Coupled::of(&side(one, Vec::new()), &side(other, Vec::new()))
    }

    #[test]
    fn records_are_coupled_by_seed_sampling_and_vocabulary() {
        assert!(coupled(|_| ()).is_yes());
        assert!(coupled(|other| other.cast.model.model.weights = Some("other".into())).is_yes());
        let said = [
            coupled(|other| other.seed = 2),
            coupled(|other| other.cast.model.model.tokenizer = Some("other".into())),
            coupled(|other| {
                other.probes[0].sampling.coupling = Coupling::None;
                other.seed = 2;
            }),
            coupled(|other| {
                (other.cast.model.model.tokenizer, other.cast.model.model.weights) = (None, None)
            }),
            Coupled::default(),
        ];
        assert_eq!(
            said.map(|coupled| coupled.to_string()),
            [
                "no (the seeds differ)",
                "no (the tokenizers differ)",
                "no (the head was sampled without coupling, the seeds differ)",
                "no (a tokenizer is not known)",
                "no"
            ]
        );
        // One file with everything in it.
        assert!(coupled(|other| other.cast.model.model.tokenizer = None).is_yes());
        // A probe that only one of them has does not count.
        assert!(
            coupled(|other| {
                let mut alone = other.probes[0].clone();
                (alone.id, alone.sampling.coupling) = ("a.b".into(), Coupling::None);
                other.probes.push(alone);
            })
            .is_yes()
        );
    }
}
