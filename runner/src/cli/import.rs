//! `grice import`: recorded dialogues of a data set become a file of cases.

use super::{
    import_args::{Form, ImportArgs},
    output,
};
use crate::{
    error::Error,
    exit,
    import::{Broken, Choice, Columns, Dialogue, Found, cases, esconv, plain, table},
    store,
};
use reports::text::counted;
use std::path::Path;

/// How the table of Persuasion for Good writes who speaks.
const PERSUASION: [(&str, &str); 2] = [("0", "persuader"), ("1", "persuadee")];

/// Writes the file of cases, and says what it left out.
pub(super) fn import(arguments: &ImportArgs) -> Result<u8, Error> {
    let out = arguments.out.display();
    if store::exists(&arguments.out) {
        return Err(Error::Usage(format!("{out} exists; name another file, or remove it")));
    }
    let set = arguments.set.iter().map(|pair| match pair.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Error::Usage(format!("--set {pair}: write NAME=VALUE"))),
    });
    let set = set.collect::<Result<Vec<_>, _>>()?;
    let mut dialogues: Vec<Dialogue> = Vec::new();
    let mut left_out = 0;
    for path in &arguments.files {
        let text = store::read_text(path)
            .map_err(|error| Error::Usage(format!("{} cannot be read: {error}", path.display())))?;
        let at = |broken: &Broken| format!("{}:{}: {}", path.display(), broken.line, broken.reason);
        let found = read(arguments, path, &text).map_err(|broken| Error::Usage(at(&broken)))?;
        if let Some(first) = found.broken.first().filter(|_| !arguments.skip_broken) {
            let help = "--skip-broken leaves such dialogues out";
            return Err(Error::Usage(format!("{}\n{help}", at(first))));
        }
        left_out += found.broken.len();
        let several = arguments.files.len() > 1 && arguments.form != Form::Tscc;
        dialogues.extend(found.dialogues.into_iter().map(|dialogue| Dialogue {
            id: if several { format!("{}-{}", stem(path), dialogue.id) } else { dialogue.id },
            ..dialogue
        }));
    }
    let choice = Choice {
        expert: arguments.expert.clone(),
        seed: arguments.seed,
        count: arguments.count,
        skip: arguments.skip,
        truncate: arguments.truncate,
        set,
    };
    let imported = cases(&dialogues, &choice);
    let all = dialogues.len();
    if imported.cases == 0 {
        let mut roles: Vec<&str> =
            dialogues.iter().flat_map(|dialogue| &dialogue.turns).map(|(role, _)| role.as_str()).collect();
        roles.sort_unstable();
        roles.dedup();
        let message = format!(
            "no case is left of {} dialogues in which `{}` speaks; who speaks: {}",
            dialogues.len(),
            arguments.expert,
            roles.into_iter().take(8).collect::<Vec<_>>().join(", ")
        );
        return Err(Error::NothingSelected(message));
    }
    store::write_atomically(&arguments.out, &imported.text)?;
    let cut = imported.turns.map_or_else(String::new, |turns| format!(", each cut to {turns} turns"));
    let dialogues = |count: usize| counted(count as u64, "dialogue", "dialogues");
    let written = counted(imported.cases as u64, "case", "cases");
    output::note(&format!("{written} of {} in {out}{cut}", dialogues(all)));
    if left_out > 0 {
        let broken = counted(left_out as u64, "broken dialogue or row", "broken dialogues or rows");
        output::note(&format!("left out: {broken}"));
    }
    if imported.without_expert > 0 {
        let count = imported.without_expert;
        output::note(&format!(
            "left out: {}, in which `{}` does not speak",
            dialogues(count),
            arguments.expert
        ));
    }
    Ok(exit::SUCCESS)
}

fn read(arguments: &ImportArgs, path: &Path, text: &str) -> Result<Found, Broken> {
    let columns = |usual: Columns| Columns {
        dialogue: arguments.dialogue_column.clone().or(usual.dialogue),
        role: arguments.role_column.clone().unwrap_or(usual.role),
        text: arguments.text_column.clone().unwrap_or(usual.text),
    };
    match arguments.form {
        Form::Esconv => esconv(text),
        Form::Plain => Ok(plain(text)),
        Form::Tscc => table(text, &stem(path), &columns(Columns::chatroom()), &[]),
        Form::Persuasion => table(text, &stem(path), &columns(Columns::persuasion()), &PERSUASION),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}
