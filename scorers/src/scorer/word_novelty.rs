//! Word novelty: what is new in a message about something that was spoken of before?
//!
//! Partners who refer to the same thing again and again form a convention: they say the same, in fewer words. So words that are dropped cost
//! nothing, and words that are new do. The word novelty distance and rate are those of arXiv:2408.01417. There, words are
//! lemmas; here they are word forms by a simple rule (see [`function_words::content`]).

use super::{ConfigError, Configure, Reads, Scorer, function_words, similarity::longest_common_subsequence};
use crate::reasoning::Reply;
use crate::{Outcome, ValueKind, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many content words are new since the last message about the same thing: the edit distance with free deletions, which is the
/// number of substitutions and insertions; or its `rate`, per content word of the message before (1 where that has none). Words
/// are in small letters and without the "s" of a plural, not lemmas; function words do not count. English only. Unscored at the first message
/// about a thing.
/// Word novelty distance and rate, arXiv:2408.01417.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = crate::catalogue::allow_templates)]
pub struct WordNovelty {
    /// The live turn to grade, in a `repeat`: the message.
    pub turn: String,
    /// How to measure.
    pub measure: Measure,
    /// What the message of round 1, 2, and so on is about; the same thing in all rounds when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Vec<String>>,
    /// Which part of the turn is graded: the answer unless stated otherwise.
    #[serde(default)]
    pub reads: Reads,
}

/// How to measure novelty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Substitutions and insertions.
    Distance,
    /// Substitutions and insertions per content word of the message before.
    Rate,
}

/// Words beyond which messages are not compared: the time for that grows with the product.
const MOST_WORDS: usize = 5_000;

impl Configure for WordNovelty {
    fn turn(&self) -> &str {
        &self.turn
    }

    fn reads(&self) -> Option<Reads> {
        Some(self.reads)
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Number
    }

    fn build(&self) -> Result<Box<dyn Scorer>, ConfigError> {
        match &self.about {
            Some(about) if about.is_empty() => Err(ConfigError::new("about", "the list is empty")),
            _ => Ok(Box::new(self.clone())),
        }
    }
}

impl WordNovelty {
    /// What the message of a round is about; none where that is not said.
    fn about(&self, round: Option<u32>) -> Option<&str> {
        let about = self.about.as_ref()?;
        about.get((round? as usize).checked_sub(1)?).map(String::as_str)
    }

    fn measured(&self, view: &View<'_>, text: &str) -> Result<f64, String> {
        let round = view.place().round;
        let thing = self.about(round);
        if let (Some(_), None) = (&self.about, thing) {
            let round =
                round.map_or_else(|| "a turn outside of rounds".to_owned(), |round| format!("round {round}"));
            return Err(format!("`about` does not say what {round} is about"));
        }
        let earlier = view.earlier(&self.turn);
        let before = earlier.iter().rev().find(|turn| self.about(turn.round) == thing);
        let before = before.and_then(|turn| turn.text()).ok_or("it is the first message about this")?;
        // Reasoning, where there is any, is no part of the message.
        let before = Reply::of(before).into_said();
        let (ours, theirs) = (function_words::content(text), function_words::content(&before));
        if ours.len().max(theirs.len()) > MOST_WORDS {
            return Err(format!("a message has more than {MOST_WORDS} words"));
        }
        Ok(match self.measure {
            Measure::Distance => distance(&theirs, &ours) as f64,
            Measure::Rate if theirs.is_empty() => 1.0,
            Measure::Rate => distance(&theirs, &ours) as f64 / theirs.len() as f64,
        })
    }
}

impl Scorer for WordNovelty {
    fn score(&self, view: &View<'_>, text: &str) -> Outcome {
        self.measured(view, text).map_or_else(Outcome::unscored, Outcome::number)
    }
}

/// The fewest substitutions and insertions that make one list of words another one, deletions being free. A substitution is then a
/// deletion and an insertion, so what counts is every word that is no part of the longest common subsequence.
fn distance(from: &[String], to: &[String]) -> usize {
    let (from, to): (Vec<&str>, Vec<&str>) =
        (from.iter().map(String::as_str).collect(), to.iter().map(String::as_str).collect());
    to.len().saturating_sub(longest_common_subsequence(&from, &to))
}

#[cfg(test)]
mod tests {
    use super::distance;
    use crate::scorer::tests::outcome;
    use crate::{Outcome, Turn};
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn messages(texts: &[&str]) -> Vec<Turn> {
        let turn =
            |(round, text): (u32, &&str)| Turn { round: Some(round), ..Turn::generated("message", *text) };
        (1..).zip(texts).map(turn).collect()
    }

    fn scorer(measure: &str, about: Option<&[&str]>) -> Json {
        let mut scorer = json!({"word_novelty": {"turn": "message", "measure": measure}});
        if let Some(about) = about {
            scorer["word_novelty"]["about"] = json!(about);
        }
        scorer
    }

    // By hand: {dancer, arm, raised, red} to {dancer, red, hat}: "hat" is new.
    #[test]
    fn dropped_words_are_free_and_new_ones_count() {
        let two = messages(&["The dancer with her arms raised, in red.", "The dancer in a red hat."]);
        assert_eq!(outcome(&scorer("distance", None), &two), Outcome::number(1.0));
        assert_eq!(outcome(&scorer("rate", None), &two), Outcome::number(0.25));
        let shorter = messages(&["The dancer with her arms raised", "Dancer"]);
        assert_eq!(outcome(&scorer("distance", None), &shorter), Outcome::number(0.0));
        let empty = messages(&["It is that.", "It is this one again, a dancer."]);
        assert_eq!(outcome(&scorer("rate", None), &empty), Outcome::number(1.0));
    }

    #[test]
    fn the_last_message_about_the_same_thing_counts() {
        let game = messages(&["dancer arms", "kneeling man", "dancer"]);
        let about = ["a", "b", "a"];
        assert_eq!(outcome(&scorer("distance", Some(&about)), &game), Outcome::number(0.0));
        assert_eq!(outcome(&scorer("distance", None), &game), Outcome::number(1.0));
        let first = Outcome::unscored("it is the first message about this");
        assert_eq!(outcome(&scorer("distance", Some(&about)), &game[..2]), first);
        let beyond = Outcome::unscored("`about` does not say what round 3 is about");
        assert_eq!(outcome(&scorer("rate", Some(&about[..2])), &game), beyond);
    }

    /// The textbook's table, with deletions that cost nothing.
    fn table(from: &[String], to: &[String]) -> usize {
        let mut rows = vec![vec![0; to.len() + 1]; from.len() + 1];
        rows[0] = (0..=to.len()).collect();
        for (row, one) in (1..).zip(from) {
            for (column, other) in (1..).zip(to) {
                let kept = rows[row - 1][column - 1] + usize::from(one != other);
                rows[row][column] = kept.min(rows[row - 1][column]).min(rows[row][column - 1] + 1);
            }
        }
        rows[from.len()][to.len()]
    }

    proptest! {
        #[test]
        fn as_in_the_textbook(
            from in proptest::collection::vec("[abc]", 0..8),
            to in proptest::collection::vec("[abc]", 0..8),
        ) {
            prop_assert_eq!(distance(&from, &to), table(&from, &to));
        }
    }
}
