//! Dialogues in tables, a turn a row: Persuasion for Good (Wang et al. 2019, arXiv:1906.06725) and the Teacher-Student Chatroom Corpus
//! (Caines et al. 2020, arXiv:2011.07109).

use super::dialogue::{Broken, Dialogue, Found};
use indexmap::IndexMap;

/// The names of the columns that matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Which dialogue a row belongs to; none where a file is one dialogue.
    pub dialogue: Option<String>,
    /// Who speaks.
    pub role: String,
    /// What is said.
    pub text: String,
}

impl Columns {
    /// Those of Persuasion for Good: `B2`, `B4`, `Unit`.
    pub fn persuasion() -> Self {
        Self { dialogue: Some("B2".to_owned()), role: "B4".to_owned(), text: "Unit".to_owned() }
    }

    /// Those of the Teacher-Student Chatroom Corpus, a file a dialogue: `role`, `edited`.
    pub fn chatroom() -> Self {
        Self { dialogue: None, role: "role".to_owned(), text: "edited".to_owned() }
    }
}

/// The first line of a dialogue, and its turns or what is wrong with one.
type Gathered = (usize, Result<Vec<(String, String)>, Broken>);

/// A table whose first line names its columns, separated by tabs where that line has one and by commas elsewhere. `name` is what the dialogue
/// is called where a file is one; `roles` are other words for what stands in the column of roles (`0` for the persuader).
/// Rows of one dialogue belong together wherever they stand, in the order of the file.
///
/// # Errors
/// When a column is not there.
pub fn table(text: &str, name: &str, columns: &Columns, roles: &[(&str, &str)]) -> Result<Found, Broken> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let tabs = first.contains('\t');
    // Chats in files with tabs quote nothing: a quotation mark is what somebody typed.
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .quoting(!tabs)
        .flexible(true)
        .from_reader(text.as_bytes());
    let names: Vec<String> = match reader.headers() {
        Ok(names) => names.iter().map(|name| name.trim().to_owned()).collect(),
        Err(error) => return Err(Broken::new(1, error.to_string())),
    };
    let place = |column: &str| {
        let there = names.iter().filter(|name| !name.is_empty()).map(|name| format!("`{name}`"));
        let there = there.collect::<Vec<_>>().join(", ");
        let missing = || Broken::new(1, format!("there is no column `{column}`; there are {there}"));
        names.iter().position(|name| name == column).ok_or_else(missing)
    };
    let dialogue = columns.dialogue.as_deref().map(place).transpose()?;
    let (role, said) = (place(&columns.role)?, place(&columns.text)?);
    let mut dialogues: IndexMap<String, Gathered> = IndexMap::new();
    let mut nameless = Vec::new();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(1, |position| position.line() as usize);
                nameless.push(Broken::new(line, format!("the row cannot be read: {error}")));
                continue;
            }
        };
        let line = row.position().map_or(1, |position| position.line() as usize);
        let cell = |index: usize| row.get(index).map(str::trim).filter(|cell| !cell.is_empty());
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let id = match dialogue.map(cell) {
            None => name.to_owned(),
            Some(Some(id)) => id.to_owned(),
            Some(None) => {
                nameless.push(Broken::new(line, "the row does not say to which dialogue it belongs"));
                continue;
            }
        };
        let (_, turns) = dialogues.entry(id).or_insert_with(|| (line, Ok(Vec::new())));
        let missing = |column: &str| Broken::new(line, format!("the row has nothing under `{column}`"));
        match (turns.as_mut(), cell(role), cell(said)) {
            (Err(_), ..) => {}
            (Ok(turns), Some(role), Some(said)) => {
                let other = roles.iter().find(|(from, _)| *from == role).map(|(_, to)| *to);
                turns.push((other.unwrap_or(role).to_owned(), said.to_owned()));
            }
            (Ok(_), None, _) => *turns = Err(missing(&columns.role)),
            (Ok(_), _, None) => *turns = Err(missing(&columns.text)),
        }
    }
    let mut found = Found { dialogues: Vec::new(), broken: nameless };
    for (id, (line, turns)) in dialogues {
        match turns {
            Ok(turns) => found.add(line, Ok(Dialogue { id, turns })),
            Err(broken) => found.broken.push(broken),
        }
    }
    found.broken.sort_by_key(|broken| broken.line);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [(&str, &str); 2] = [("0", "persuader"), ("1", "persuadee")];

    fn said(dialogue: &Dialogue) -> Vec<String> {
        dialogue.turns.iter().map(|(role, text)| format!("{role}: {text}")).collect()
    }

    #[test]
    fn rows_of_persuasion_for_good_are_gathered() {
        let text =
            ",Unit,Turn,B4,B2\n0,Hello,0,0,one\n1,\"Hi, you\",0,1,one\n2,Good day,0,0,two\n3,Give?,1,0,one\n";
        let found = table(text, "file", &Columns::persuasion(), &ROLES).unwrap();
        assert_eq!(said(&found.dialogues[0]), ["persuader: Hello", "persuadee: Hi, you", "persuader: Give?"]);
        assert_eq!(found.dialogues[1].id, "two");
        assert!(found.broken.is_empty());
    }

    #[test]
    fn a_chat_with_tabs_keeps_its_quotation_marks() {
        let text = "turn\trole\tedited\n1\tteacher\t\"So what\n2\tstudent\tsay \"hi\"\n";
        let found = table(text, "chat-7", &Columns::chatroom(), &[]).unwrap();
        assert_eq!(said(&found.dialogues[0]), ["teacher: \"So what", "student: say \"hi\""]);
        assert_eq!(found.dialogues[0].id, "chat-7");
    }

    #[test]
    fn a_broken_row_breaks_its_dialogue_alone() {
        let text = "B2,B4,Unit\na,0,Hello\na,,Hi\nb,0,Hello\n,0,Hello\n\n";
        let found = table(text, "file", &Columns::persuasion(), &ROLES).unwrap();
        assert_eq!(found.dialogues.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), ["b"]);
        let broken: Vec<(usize, &str)> = found.broken.iter().map(|b| (b.line, b.reason.as_str())).collect();
        let expected =
            [(3, "the row has nothing under `B4`"), (5, "the row does not say to which dialogue it belongs")];
        assert_eq!(broken, expected);
    }

    #[test]
    fn a_missing_column_is_named_with_those_there_are() {
        let broken = table("a,b\n1,2\n", "file", &Columns::chatroom(), &[]).unwrap_err();
        assert_eq!(broken.reason, "there is no column `role`; there are `a`, `b`");
    }
}
