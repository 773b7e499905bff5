//! `grice baseline`: named records that comparisons start from, each one file that can be committed.

use super::{
    args::{BaselineCommand, BaselineSave},
    output,
    records::{Source, measured},
};
use crate::{
    error::Error,
    exit,
    grading::Failed,
    parallel,
    store::{Baselines, RunDirectory, StoreError, file_size},
};
use comfy_table::{Table, presets};
use reports::{baseline::BaselineHeader, format::safe::line as clean, grade::Grader};
use std::path::Path;

/// Saves, lists or shows.
pub(super) fn baseline(command: &BaselineCommand) -> Result<u8, Error> {
    match command {
        BaselineCommand::Save(arguments) => save(arguments),
        BaselineCommand::List { dir } => list(&Baselines::in_folder(dir)),
        BaselineCommand::Show { name, dir } => show(name, &Baselines::in_folder(dir)),
    }
}

/// Grades a run from its transcripts and keeps the grades.
fn save(arguments: &BaselineSave) -> Result<u8, Error> {
    let baselines = Baselines::in_folder(&arguments.dir);
    if let Some(short) = arguments.name.strip_suffix(".jsonl") {
        let (name, short) = (clean(&arguments.name), clean(short));
        return Err(Error::Usage(format!("`{name}`: the name of a baseline has no ending; say `{short}`")));
    }
    let file = named(&arguments.name, &baselines)?;
    if baselines.contains(&arguments.name) && !arguments.replace {
        let name = &arguments.name;
        return Err(Error::Usage(format!("there is a baseline `{name}` already; --replace replaces it")));
    }
    if let Some(other) = baselines.alike(&arguments.name)? {
        return Err(Error::Usage(format!(
            "there is a baseline `{other}`, whose name is the same file on some machines; choose another name"
        )));
    }
    let run = RunDirectory::at(&arguments.run);
    let path = run.path().display().to_string();
    let trials = parallel::on_all_cores(|| {
        let mut reader = run.reader()?;
        if !reader.protected() {
            output::unprotected(&run.journal());
        }
        let header = measured(reader.take_header(), &run)?;
        let about = (header.clone(), run.journal_hash()?, arguments.with_transcripts);
        baselines.save(&file, about, |writer| {
            let grader = Grader::new(&header);
            grader
                .each(reader.by_ref(), |trial, scores| Ok(writer.add(trial, scores)?))
                .map_err(|failed: Failed| failed.into_error(&path, &run.journal()))?;
            match reader.complete() {
                true => Ok(reader.trials()),
                false => Err(Error::Usage(format!(
                    "{path} was cut short; continue it with --resume before it becomes a baseline"
                ))),
            }
        })
    })??;
    let kilobytes = file_size(&file).div_ceil(1000);
    output::note(&format!("wrote {} ({trials} trials, {kilobytes} kB)", file.display()));
    Ok(exit::SUCCESS)
}

fn named(name: &str, baselines: &Baselines) -> Result<std::path::PathBuf, Error> {
    baselines.file(name).ok_or_else(|| {
        Error::Usage(format!(
            "`{}` cannot be the name of a baseline: letters, digits, `.`, `-` and `_`, the first a letter or digit, the last no \
             `.`, and no name of a device such as `con`",
            clean(name)
        ))
    })
}

/// A line per baseline.
fn list(baselines: &Baselines) -> Result<u8, Error> {
    let names = baselines.names()?;
    if names.is_empty() {
        output::note(&format!("no baselines in {}", baselines.folder().display()));
        return Ok(exit::SUCCESS);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["baseline", "model", "engine", "probes", "transcripts"]);
    for name in names {
        let file = named(&name, baselines)?;
        // One that cannot be read must not hide the others.
        match Baselines::open(&file) {
            Ok(reader) => table.add_row(row(&name, reader.header())),
            Err(error) => table.add_row([name, clean(&error.to_string())]),
        };
    }
    output::text(&format!("{}\n", trimmed(&table)))
}

fn row(name: &str, header: &BaselineHeader) -> [String; 5] {
    let record = &header.header;
    [
        name.to_owned(),
        clean(&record.model().name),
        clean(&format!("{} {}", record.engine().name, record.engine().version)),
        record.probes.len().to_string(),
        if header.transcripts { "yes" } else { "no" }.to_owned(),
    ]
}

fn trimmed(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Everything about one baseline, read to its end.
fn show(name: &str, baselines: &Baselines) -> Result<u8, Error> {
    let file = match baselines.file(name) {
        Some(file) if baselines.contains(name) => file,
        _ => match Source::find(Path::new(name), baselines)? {
            Source::Baseline(file) => file,
            Source::Run(run) => {
                let path = run.path().display();
                return Err(Error::Usage(format!("{path} is no baseline; `grice report` shows a run")));
            }
        },
    };
    let mut reader = Baselines::open(&file)?;
    let (mut trials, mut grades) = (0_u64, [0_u64; 3]);
    for trial in reader.by_ref() {
        let source = |source| StoreError::Baseline { path: file.display().to_string(), source };
        trials += 1;
        for line in trial.map_err(source)?.scores.scores {
            match line.outcome {
                scorers::Outcome::Scored { .. } => grades[0] += 1,
                scorers::Outcome::Unscored { .. } => grades[1] += 1,
                scorers::Outcome::Failed { .. } => grades[2] += 1,
            }
        }
    }
    let header = reader.header();
    let record = &header.header;
    let known = |hash: &Option<String>| hash.clone().unwrap_or_else(|| "unknown".to_owned());
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let [scored, unscored, failed] = grades;
    for (key, value) in [
        ("file", format!("{}, {} kB", file.display(), file_size(&file).div_ceil(1000))),
        ("model", format!("{} ({})", record.model().name, record.model().reference)),
        ("weights", known(&record.model().weights)),
        ("tokenizer", known(&record.model().tokenizer)),
        ("chat template", known(&record.model().chat_template)),
        ("engine", format!("{} {}", record.engine().name, record.engine().version)),
        ("device", format!("{}, {}", record.engine().device, record.engine().dtype)),
        ("Grice", format!("{}, scorers of version {}", record.grice.version, header.grading)),
        ("seed", record.seed.to_string()),
        ("journal", header.journal.clone()),
        ("trials", trials.to_string()),
        ("grades", format!("{scored} given, {unscored} unscored, {failed} failed")),
        ("transcripts", if header.transcripts { "in the file" } else { "left out" }.to_owned()),
    ] {
        table.add_row([key.to_owned(), clean(&value)]);
    }
    for probe in &record.probes {
        table.add_row(["probe".to_owned(), clean(&format!("{} ({})", probe.id, probe.hash))]);
    }
    output::text(&format!("{}\n", trimmed(&table)))
}
