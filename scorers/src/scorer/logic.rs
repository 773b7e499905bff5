//! Three-valued combination of flags (Kleene's strong logic of indeterminacy: S. C. Kleene,
//! Introduction to Metamathematics, 1952, section 64): a part that could not be scored is
//! "unknown", and the whole is unknown only where the unknown part could change it.

use super::{ConfigError, Configure, Reads, Scorer, ScorerConfig};
use crate::{Outcome, Value, ValueKind, View};

/// A scorer that is made of others, which all grade the same turn.
pub(super) trait Combination {
    /// The value of a part that decides alone: `false` for "all" and `true` for "any".
    const DECISIVE: bool;

    /// The parts.
    fn parts(&self) -> &[ScorerConfig];
}

impl<C: Combination> Configure for C {
    fn turn(&self) -> &str {
        self.parts().first().map_or("", |config| config.parameters().turn())
    }

    fn other_turns(&self) -> Vec<&str> {
        self.parts().iter().flat_map(|config| config.parameters().other_turns()).collect()
    }

    fn turns_beside(&self) -> Vec<&str> {
        self.parts().iter().flat_map(|config| config.parameters().turns_beside()).collect()
    }

    fn reads(&self) -> Option<Reads> {
        None
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Flag
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        if self.parts().is_empty() {
            return Err(ConfigError::new("of", "the list is empty"));
        }
        let parts = self.parts().iter().enumerate();
        let built: Result<_, _> =
            parts.map(|(index, config)| part(config, self.turn(), &format!("of[{index}]"))).collect();
        Ok(Box::new(Parts { parts: built?, decisive: C::DECISIVE }))
    }

    fn errors(&self) -> Vec<ConfigError> {
        if self.parts().is_empty() {
            return self.build().err().into_iter().collect();
        }
        let parts = self.parts().iter().enumerate();
        parts.flat_map(|(index, config)| part_errors(config, self.turn(), &format!("of[{index}]"))).collect()
    }
}

/// Builds one part of a combination; `place` is its path for errors.
pub(super) fn part(config: &ScorerConfig, turn: &str, place: &str) -> Result<Box<dyn Scorer>, ConfigError> {
    if let Some(error) = misfit(config, turn, place).into_iter().next() {
        return Err(error);
    }
    config.build().map_err(|error| error.within(&format!("{place}.{}", config.name())))
}

/// Everything that is wrong with one part.
pub(super) fn part_errors(config: &ScorerConfig, turn: &str, place: &str) -> Vec<ConfigError> {
    let mut errors = misfit(config, turn, place);
    let inside = config.parameters().errors().into_iter();
    errors.extend(inside.map(|error| error.within(&format!("{place}.{}", config.name()))));
    errors
}

/// Why a scorer cannot be part of a combination.
fn misfit(config: &ScorerConfig, turn: &str, place: &str) -> Vec<ConfigError> {
    let parameters = config.parameters();
    let mut errors = Vec::new();
    if parameters.turn() != turn {
        let message = format!(
            "all parts must grade the same turn: this one grades `{}`, the first one `{turn}`",
            parameters.turn()
        );
        errors.push(ConfigError::new(place, message));
    }
    if parameters.kind() != ValueKind::Flag {
        let message = format!("`{}` does not give true or false here", config.name());
        errors.push(ConfigError::new(place, message));
    }
    errors
}

struct Parts {
    parts: Vec<Box<dyn Scorer>>,
    decisive: bool,
}

impl Scorer for Parts {
    /// The whole lasts if a part that decides alone does, or else if all of them do.
    fn lasts(&self, view: &View<'_>, text: &str, outcome: &Outcome) -> bool {
        let decided = matches!(outcome.value(), Some(Value::Flag(flag)) if *flag == self.decisive);
        let mut parts = self.parts.iter().map(|part| (part, part.score(view, text)));
        match decided {
            true => parts.any(|(part, own)| {
                let decisive = matches!(own.value(), Some(Value::Flag(flag)) if *flag == self.decisive);
                decisive && part.lasts(view, text, &own)
            }),
            false => outcome.value().is_some() && parts.all(|(part, own)| part.lasts(view, text, &own)),
        }
    }

    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        combine(&self.parts, self.decisive, view, text)
    }
}

/// Combines parts: one part with the value `decisive` decides; otherwise an unscored part leaves
/// the whole unscored; otherwise the whole has the other value.
fn combine(parts: &[Box<dyn Scorer>], decisive: bool, view: &View<'_>, text: &str) -> Outcome {
    let mut unknown = Vec::new();
    let mut evidence = Vec::new();
    for part in parts {
        match part.score(view, text) {
            Outcome::Scored { value: Value::Flag(flag), evidence: why } => {
                if flag == decisive {
                    return Outcome::flag(decisive).because(why);
                }
                evidence.push(why);
            }
            Outcome::Unscored { reason } => unknown.push(reason),
            Outcome::Failed { kind } => return Outcome::Failed { kind },
            Outcome::Scored { .. } => unknown.push("a part does not give true or false".to_owned()),
        }
    }
    if unknown.is_empty() {
        evidence.retain(|why| !why.is_empty());
        Outcome::flag(!decisive).because(evidence.join("; "))
    } else {
        Outcome::unscored(unknown.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Option<bool>);

    impl Scorer for Fixed {
        fn score(&self, _: &View<'_>, _: &str) -> Outcome {
            self.0.map_or_else(|| Outcome::unscored("unknown"), Outcome::flag)
        }
    }

    fn combined(decisive: bool, values: &[Option<bool>]) -> Option<bool> {
        let parts: Vec<Box<dyn Scorer>> =
            values.iter().map(|value| Box::new(Fixed(*value)) as Box<dyn Scorer>).collect();
        let turns = [crate::Turn::generated("reply", "")];
        match combine(&parts, decisive, &View::linear(&turns, 0).unwrap(), "") {
            Outcome::Scored { value: Value::Flag(flag), .. } => Some(flag),
            _ => None,
        }
    }

    #[test]
    fn kleenes_tables() {
        let (yes, no, unknown) = (Some(true), Some(false), None);
        for (a, b, all, any) in [
            (yes, yes, yes, yes),
            (yes, no, no, yes),
            (no, no, no, no),
            (yes, unknown, unknown, yes),
            (no, unknown, no, unknown),
            (unknown, unknown, unknown, unknown),
        ] {
            for pair in [[a, b], [b, a]] {
                assert_eq!(combined(false, &pair), all, "all of {pair:?}");
                assert_eq!(combined(true, &pair), any, "any of {pair:?}");
            }
        }
    }
}
