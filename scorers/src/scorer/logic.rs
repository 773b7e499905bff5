//! Three-valued combination of flags (Kleene's strong logic of indeterminacy: S. C. Kleene,
//! Introduction to Metamathematics, 1952, section 64): a part that could not be scored is
//! "unknown", and the whole is unknown only where the unknown part could change it.

use super::{ConfigError, Scorer, ScorerConfig};
use crate::{Outcome, Value, ValueKind, View};

/// Builds one part of a combination; `place` is its path for errors.
pub(super) fn part(config: &ScorerConfig, turn: &str, place: &str) -> Result<Box<dyn Scorer>, ConfigError> {
    let parameters = config.parameters();
    if parameters.turn() != turn {
        let message = format!(
            "all parts must grade the same turn: this one grades `{}`, the first one `{turn}`",
            parameters.turn()
        );
        return Err(ConfigError::new(place, message));
    }
    if parameters.kind() != ValueKind::Flag {
        let message = format!("`{}` does not give true or false here", config.name());
        return Err(ConfigError::new(place, message));
    }
    parameters.build().map_err(|error| error.within(&format!("{place}.{}", config.name())))
}

/// Builds the parts of a list under the key `of`.
pub(super) fn parts(configs: &[ScorerConfig]) -> Result<Vec<Box<dyn Scorer>>, ConfigError> {
    let Some(first) = configs.first() else {
        return Err(ConfigError::new("of", "the list is empty"));
    };
    let turn = first.parameters().turn();
    configs.iter().enumerate().map(|(index, config)| part(config, turn, &format!("of[{index}]"))).collect()
}

/// The turn that all parts grade; empty where there are none, which does not build.
pub(super) fn turn_of(configs: &[ScorerConfig]) -> &str {
    configs.first().map_or("", |config| config.parameters().turn())
}

/// Every further turn that a part reads.
pub(super) fn other_turns_of(configs: &[ScorerConfig]) -> Vec<&str> {
    configs.iter().flat_map(|config| config.parameters().other_turns()).collect()
}

/// Combines parts: one part with the value `decisive` decides; otherwise an unscored part leaves
/// the whole unscored; otherwise the whole has the other value. `decisive` is `false` for "all" and
/// `true` for "any".
pub(super) fn combine(parts: &[Box<dyn Scorer>], decisive: bool, view: &View<'_>, text: &str) -> Outcome {
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
