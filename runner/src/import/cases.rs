//! Dialogues to cases of a replay: which are taken, how long they are, and what a line of the file has.

use super::dialogue::Dialogue;
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;

/// The role that the expert's turns have in the cases.
const EXPERT: &str = "expert";

/// The role of everybody else.
const OTHER: &str = "other";

/// Which dialogues are taken, and how.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The side that the model will take, by its name in the data set.
    pub expert: String,
    /// Seed of the order in which dialogues are drawn.
    pub seed: u64,
    /// How many are taken at most; all where none is said.
    pub count: Option<usize>,
    /// How many of that order are passed over: those that something was tried on.
    pub skip: usize,
    /// Whether each is cut to as many turns as the shortest has.
    pub truncate: bool,
    /// Further variables of every case.
    pub set: Vec<(String, String)>,
}

/// The cases, and what became of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// JSON lines: a case each.
    pub text: String,
    /// How many cases there are.
    pub cases: usize,
    /// The number of turns to which dialogues were cut.
    pub turns: Option<usize>,
    /// How many of those drawn have no turn of the expert.
    pub without_expert: usize,
}

/// The cases that come of dialogues: `id`, `wording` (0, 1 and 2 in turn), what `set` says, and `dialogue` with the roles `expert` and
/// `other`.
///
/// Dialogues are ordered by a hash of the seed and their name, so that the draw does not depend on the order of the file (Shaikh et al. 2023,
/// arXiv:2311.09144, shuffle, take 100 and pass over 20).
pub fn cases(dialogues: &[Dialogue], choice: &Choice) -> Imported {
    let shortest = dialogues.iter().map(|dialogue| dialogue.turns.len()).min();
    let turns = shortest.filter(|_| choice.truncate);
    let mut order: Vec<&Dialogue> = dialogues.iter().collect();
    order.sort_by_cached_key(|dialogue| (rank(choice.seed, &dialogue.id), dialogue.id.clone()));
    let mut ids = HashSet::new();
    let (mut text, mut taken, mut without_expert) = (String::new(), 0, 0);
    for dialogue in order.into_iter().skip(choice.skip).take(choice.count.unwrap_or(usize::MAX)) {
        let kept = dialogue.turns.iter().take(turns.unwrap_or(usize::MAX));
        let is_expert = |role: &str| role == choice.expert;
        if !kept.clone().any(|(role, _)| is_expert(role)) {
            without_expert += 1;
            continue;
        }
        let turn = |(role, text): &(String, String)| json!({ "role": if is_expert(role) { EXPERT } else { OTHER }, "text": text });
        let mut case = Map::new();
        case.insert("id".to_owned(), Json::from(own_id(&mut ids, case_id(&dialogue.id))));
        case.insert("wording".to_owned(), Json::from(taken % 3));
        case.extend(choice.set.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str()))));
        case.insert("dialogue".to_owned(), kept.map(turn).collect());
        text.push_str(&Json::Object(case).to_string());
        text.push('\n');
        taken += 1;
    }
    Imported { text, cases: taken, turns, without_expert }
}

/// A name that no other case has: the second of one name is counted.
fn own_id(taken: &mut HashSet<String>, id: String) -> String {
    let counted = (2..).map(|number: u64| format!("{id}.{number}"));
    let free = std::iter::once(id.clone()).chain(counted).find(|id| !taken.contains(id));
    let id = free.unwrap_or_else(|| id.clone());
    taken.insert(id.clone());
    id
}

/// A name of a data set as the name of a case: what cannot stand in one becomes `-`.
fn case_id(id: &str) -> String {
    let kept = |sign: char| if sign.is_alphanumeric() || "_-.".contains(sign) { sign } else { '-' };
    let id: String = id.chars().map(kept).take(90).collect();
    if id.starts_with(char::is_alphanumeric) { id } else { format!("d{id}") }
}

fn rank(seed: u64, id: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("grice import order v1");
    hasher.update(&seed.to_le_bytes());
    hasher.update(id.as_bytes());
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_that_become_one_are_told_apart() {
        let mut taken = HashSet::new();
        let ids: Vec<String> =
            ["chat 1", "chat-1", "chat/1"].iter().map(|id| own_id(&mut taken, case_id(id))).collect();
        assert_eq!(ids, ["chat-1", "chat-1.2", "chat-1.3"]);
    }

    fn dialogues() -> Vec<Dialogue> {
        let of = |number: usize| Dialogue {
            id: format!("d{number}"),
            turns: (0..number + 2)
                .map(|turn| (["seeker", "helper"][turn % 2].to_owned(), format!("{{{{ {turn} }}}}")))
                .collect(),
        };
        (0..10).map(of).collect()
    }

    fn ids(imported: &Imported) -> Vec<String> {
        let id = |line: &str| serde_json::from_str::<Json>(line).unwrap()["id"].as_str().unwrap().to_owned();
        imported.text.lines().map(id).collect()
    }

    #[test]
    fn the_draw_follows_the_seed_and_not_the_file() {
        let choice = |seed| Choice { expert: "helper".to_owned(), seed, count: Some(4), ..Choice::default() };
        let one = cases(&dialogues(), &choice(1));
        let backwards: Vec<Dialogue> = dialogues().into_iter().rev().collect();
        assert_eq!(one, cases(&backwards, &choice(1)));
        assert_ne!(ids(&one), ids(&cases(&dialogues(), &choice(2))));
        let rest = Choice { skip: 4, count: None, ..choice(1) };
        let rest = ids(&cases(&dialogues(), &rest));
        assert_eq!((one.cases, rest.len()), (4, 6));
        assert!(ids(&one).iter().all(|id| !rest.contains(id)));
    }

    #[test]
    fn dialogues_are_cut_to_the_shortest_and_roles_renamed() {
        let choice = Choice {
            expert: "helper".to_owned(),
            truncate: true,
            set: vec![("setting".to_owned(), "support".to_owned())],
            ..Choice::default()
        };
        let imported = cases(&dialogues(), &choice);
        assert_eq!((imported.turns, imported.cases), (Some(2), 10));
        let first: Json = serde_json::from_str(imported.text.lines().next().unwrap()).unwrap();
        let turns = json!([{"role": "other", "text": "{{ 0 }}"}, {"role": "expert", "text": "{{ 1 }}"}]);
        assert_eq!((&first["dialogue"], &first["setting"]), (&turns, &json!("support")));
        let nobody = Choice { expert: "teacher".to_owned(), ..Choice::default() };
        assert_eq!(cases(&dialogues(), &nobody).without_expert, 10);
    }
}
