//! Recorded dialogues as rounds of a replay: what one side heard, and what it said to that.

use super::OPENING;
use serde_json::{Value as Json, json};

/// Characters of what was said before, over all rounds of one dialogue together, at most.
const MOST: usize = 16 << 20;

/// One round of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Everything that was said before `heard`, a line a turn: `ROLE: TEXT`. Empty where nothing was.
    pub before: String,
    /// What the other side said since, each turn on a line of its own; [`OPENING`] where nobody has spoken yet.
    pub heard: String,
    /// What the side said to that until the other one spoke again, each turn on a line of its own.
    pub said: String,
}

impl Exchange {
    /// As the texts of a round see it.
    pub fn into_json(self) -> Json {
        json!({ "before": self.before, "heard": self.heard, "said": self.said })
    }
}

/// One recorded turn: who spoke, and what was said.
type Spoken<'a> = (&'a str, &'a str);

/// The rounds of a replay of `dialogue` for the side `of`; everybody else is the other side.
///
/// `dialogue` is a list of maps `{ role, text }` or `{ speaker, text }`. Consecutive turns of one side are one turn, since chat templates
/// want the sides to alternate. What the other side says after the last turn of `of` is left out: nobody answers it.
///
/// # Errors
/// What is wrong with the dialogue, for people, with the number of the turn from 1.
pub fn exchanges(dialogue: &Json, of: &str) -> Result<Vec<Exchange>, String> {
    let Json::Array(turns) = dialogue else {
        return Err("a dialogue is a list of turns, such as `{ role: seeker, text: Hello. }`".to_owned());
    };
    let turns =
        (1..).zip(turns).map(|(number, turn)| read(turn).map_err(|wrong| format!("turn {number} {wrong}")));
    let turns: Vec<Spoken<'_>> = turns.collect::<Result<_, _>>()?;
    if !turns.iter().any(|(role, _)| *role == of) {
        let mut roles: Vec<String> = turns.iter().map(|(role, _)| format!("`{role}`")).collect();
        roles.dedup();
        roles.sort();
        roles.dedup();
        let there = if roles.is_empty() { "nobody does".to_owned() } else { roles.join(", ") };
        return Err(format!("`{of}` does not speak in this dialogue; who does: {there}"));
    }
    let blocks: Vec<&[Spoken<'_>]> = turns.chunk_by(|(a, _), (b, _)| (*a == of) == (*b == of)).collect();
    let texts = |block: &[Spoken<'_>]| block.iter().map(|(_, text)| *text).collect::<Vec<_>>().join("\n");
    let (mut before, mut rounds, mut characters) = (String::new(), Vec::new(), 0_usize);
    let mut heard: &[Spoken<'_>] = &[];
    for block in blocks {
        if block.iter().any(|(role, _)| *role != of) {
            heard = block;
            continue;
        }
        characters = characters.saturating_add(before.len());
        if characters > MOST {
            return Err(format!(
                "the dialogue is too long: its beginnings together have more than {MOST} characters"
            ));
        }
        let opening = if heard.is_empty() { OPENING.to_owned() } else { texts(heard) };
        rounds.push(Exchange { before: before.trim_end().to_owned(), heard: opening, said: texts(block) });
        for (role, text) in heard.iter().chain(block) {
            before.extend([*role, ": ", *text, "\n"]);
        }
    }
    Ok(rounds)
}

fn read(turn: &Json) -> Result<Spoken<'_>, String> {
    let text_of = |key: &str| turn.get(key).and_then(Json::as_str);
    let role = match (turn.get("role"), turn.get("speaker")) {
        (Some(_), None) => text_of("role"),
        (None, Some(_)) => text_of("speaker"),
        (Some(_), Some(_)) => return Err("has both a `role` and a `speaker`; keep one".to_owned()),
        (None, None) => return Err("does not say who speaks: it needs a `role` or a `speaker`".to_owned()),
    };
    let role = role.filter(|role| !role.trim().is_empty()).ok_or("has a `role` that is no name")?;
    let text = text_of("text").ok_or("has no `text`")?;
    match text.trim().is_empty() {
        true => Err("has an empty `text`".to_owned()),
        false => Ok((role, text.trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(turns: &[(&str, &str)]) -> Result<Vec<(String, String, String)>, String> {
        let turns = turns.iter().map(|(role, text)| json!({ "role": role, "text": text })).collect();
        let rounds = exchanges(&Json::Array(turns), "expert")?;
        Ok(rounds.into_iter().map(|round| (round.before, round.heard, round.said)).collect())
    }

    fn round(before: &str, heard: &str, said: &str) -> (String, String, String) {
        (before.to_owned(), heard.to_owned(), said.to_owned())
    }

    #[test]
    fn each_turn_of_the_side_is_a_round() {
        let turns = [("seeker", "A"), ("expert", "B"), ("seeker", "C"), ("expert", "D"), ("seeker", "E")];
        let expected = [round("", "A", "B"), round("seeker: A\nexpert: B", "C", "D")];
        assert_eq!(rounds(&turns).unwrap(), expected, "nobody answers E");
    }

    #[test]
    fn consecutive_turns_of_one_side_are_one() {
        let turns = [("a", "A"), ("b", "B"), ("expert", "C"), ("expert", "D"), ("a", "E"), ("expert", "F")];
        let expected = [round("", "A\nB", "C\nD"), round("a: A\nb: B\nexpert: C\nexpert: D", "E", "F")];
        assert_eq!(rounds(&turns).unwrap(), expected);
    }

    #[test]
    fn who_opens_is_told_so() {
        let turns = [("expert", "A"), ("seeker", "B"), ("expert", "C")];
        assert_eq!(rounds(&turns).unwrap(), [round("", OPENING, "A"), round("expert: A", "B", "C")]);
    }

    #[test]
    fn foreign_words_stay_as_they_are() {
        let turns = [("seeker", "{{ x }} {% if %}"), ("expert", "{# y #}")];
        assert_eq!(rounds(&turns).unwrap(), [round("", "{{ x }} {% if %}", "{# y #}")]);
    }

    #[test]
    fn what_is_no_dialogue_is_named() {
        let of = |dialogue: Json| exchanges(&dialogue, "expert").unwrap_err();
        assert!(of(json!("Hello")).contains("a list of turns"));
        assert!(of(json!([])).contains("nobody does"));
        assert!(of(json!([{ "role": "a", "text": "A" }])).contains("who does: `a`"));
        for (turn, expected) in [
            (json!({ "text": "A" }), "turn 1 does not say who speaks"),
            (json!({ "role": "expert" }), "turn 1 has no `text`"),
            (json!({ "role": "expert", "text": " " }), "turn 1 has an empty `text`"),
            (json!({ "role": 1, "text": "A" }), "turn 1 has a `role` that is no name"),
            (json!({ "role": "expert", "speaker": "a", "text": "A" }), "turn 1 has both"),
            (json!(7), "turn 1 does not say who speaks"),
        ] {
            let found = of(Json::Array(vec![turn]));
            assert!(found.contains(expected), "{found}");
        }
    }
}
