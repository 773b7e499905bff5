//! `grice compare`: what changed between versions of a model, and whether the gate lets it pass.

use super::{
    args::{CompareArgs, FormatArg},
    output,
    records::{self, Source},
    transcripts,
};
use crate::{
    error::Error,
    exit, parallel,
    policy::PolicyFile,
    spec,
    store::{self, Disk},
};
use reports::{
    CompareError, Comparison, Format, GateOutcome,
    compare::{CompareOptions, GateVerdict},
    format,
};
use std::path::Path;

/// Compares, judges, and prints or writes the views that were asked for.
pub(super) fn compare(arguments: &CompareArgs) -> Result<u8, Error> {
    let views = views(arguments)?;
    let gate = arguments.gate.as_deref().map(|path| PolicyFile::load(path, &Disk)).transpose();
    let gate = gate.map_err(invalid)?;
    let records = std::iter::once(&arguments.base).chain(&arguments.heads).map(AsRef::as_ref);
    let (sources, sides) = records::read(records, &arguments.baselines)?;
    if let Some(gate) = &gate {
        gate.check(&sides).map_err(invalid)?;
    }
    let policy = gate.as_ref().map(|gate| gate.policy.clone());
    let options = CompareOptions {
        allow: arguments.allow.clone(),
        policy: policy.clone(),
        ..CompareOptions::default()
    };
    let (comparison, outcome) = parallel::on_all_cores(|| {
        let (base, heads) = sides.split_first().ok_or(CompareError::OneRecord)?;
        let comparison = reports::compare(base, heads, &options)?;
        let outcome = policy.as_ref().map(|policy| policy.judge(&comparison));
        Ok::<_, CompareError>((comparison, outcome))
    })?
    .map_err(|error| refusal(&error, gate.as_ref()))?;
    let view = View { sources: &sources, comparison: &comparison, gate: outcome.as_ref() };
    for (format, file) in &views {
        let link = arguments.link.clone().or_else(|| page_beside(*file, &views));
        write(*format, *file, link, &view)?;
    }
    Ok(code(&comparison, outcome.as_ref()))
}

/// Why records cannot be compared, for the user.
pub(super) fn refusal(error: &CompareError, gate: Option<&PolicyFile>) -> Error {
    match (error, gate) {
        (CompareError::Policy(problems), Some(gate)) => invalid(gate.locate(problems)),
        (CompareError::NoCommonTrial { .. }, _) => Error::NotComparable(error.to_string()),
        (CompareError::Record { .. }, _) => Error::Report(error.to_string()),
        _ => Error::Usage(error.to_string()),
    }
}

pub(super) fn invalid(diagnostics: Vec<spec::Diagnostic>) -> Error {
    Error::InvalidSpec(spec::render_diagnostics(&diagnostics, output::colourful_errors()))
}

/// What to write, and where; no file is standard output. With files whose endings say the format, the table goes
/// to standard output as well.
fn views(arguments: &CompareArgs) -> Result<Vec<(FormatArg, Option<&Path>)>, Error> {
    let files = arguments.output.iter().map(AsRef::as_ref);
    match (arguments.format, arguments.output.as_slice()) {
        (format, []) => Ok(vec![(format.unwrap_or(FormatArg::Terminal), None)]),
        (Some(format), [file]) => Ok(vec![(format, Some(file))]),
        (Some(_), _) => Err(Error::Usage(
            "--format goes with one --output; of several, the endings say the format".to_owned(),
        )),
        (None, _) => std::iter::once(Ok((FormatArg::Terminal, None)))
            .chain(files.map(|file: &Path| Ok((by_ending(file)?, Some(file)))))
            .collect(),
    }
}

fn by_ending(file: &Path) -> Result<FormatArg, Error> {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("txt") => Ok(FormatArg::Terminal),
        Some("json") => Ok(FormatArg::Json),
        Some("xml") => Ok(FormatArg::Junit),
        Some("md") => Ok(FormatArg::Markdown),
        Some("html") => Ok(FormatArg::Html),
        _ => Err(Error::Usage(format!(
            "{}: the ending says no format (.md, .html, .json, .xml, .txt); say --format",
            file.display()
        ))),
    }
}

/// What a view is made of.
struct View<'a> {
    sources: &'a [Source],
    comparison: &'a Comparison,
    gate: Option<&'a GateOutcome>,
}

/// The page that is written into the same folder, as a link from there.
fn page_beside(file: Option<&Path>, views: &[(FormatArg, Option<&Path>)]) -> Option<String> {
    let folder = file?.parent();
    let page = views.iter().find_map(|(format, page)| page.filter(|_| *format == FormatArg::Html))?;
    let name = page.file_name().filter(|_| page.parent() == folder)?;
    name.to_str().map(str::to_owned)
}

fn write(format: FormatArg, file: Option<&Path>, link: Option<String>, view: &View<'_>) -> Result<(), Error> {
    let on_terminal = file.is_none() && format == FormatArg::Terminal;
    let colour = on_terminal && output::colourful();
    let options = format::FormatOptions { colour, link, ..format::FormatOptions::default() };
    let text = match format {
        FormatArg::Html => {
            let shown_transcripts = transcripts::read(view.sources, view.comparison)?;
            reports::render_comparison_page(view.comparison, view.gate, &shown_transcripts, &options)
        }
        format => reports::render_comparison(Format::from(format), view.comparison, view.gate, &options),
    };
    let text = text.map_err(|error| Error::Report(error.to_string()))?;
    match file {
        None => output::text(&text).map(|_| ()),
        Some(file) => store::write_atomically(file, &text).map_err(|source| {
            let path = file.display().to_string();
            Error::Store(store::StoreError::File { path, source })
        }),
    }
}

/// The table for a terminal.
pub(super) fn terminal(comparison: &Comparison, gate: Option<&GateOutcome>) -> Result<String, Error> {
    let options = format::FormatOptions { colour: output::colourful(), ..format::FormatOptions::default() };
    reports::render_comparison(Format::Terminal, comparison, gate, &options)
        .map_err(|error| Error::Report(error.to_string()))
}

/// Without a gate, only records that do not measure the same are an error.
pub(super) fn code(comparison: &Comparison, gate: Option<&GateOutcome>) -> u8 {
    match gate.map(|gate| gate.verdict) {
        Some(GateVerdict::Pass) => exit::SUCCESS,
        Some(GateVerdict::Regression) => exit::REGRESSION,
        Some(GateVerdict::Undecided) => exit::UNDECIDED,
        Some(GateVerdict::NotComparable) => exit::NOT_COMPARABLE,
        None if comparison.heads.iter().any(|head| head.comparability.refused) => exit::NOT_COMPARABLE,
        None => exit::SUCCESS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_in_the_same_folder_is_linked_by_its_name() {
        let [markdown, page] = ["out/compare.md", "out/compare.html"].map(Path::new);
        let views = [(FormatArg::Terminal, None), (FormatArg::Html, Some(page))];
        assert_eq!(page_beside(Some(markdown), &views).as_deref(), Some("compare.html"));
        assert_eq!(page_beside(Some(Path::new("elsewhere/compare.md")), &views), None);
        assert_eq!(page_beside(None, &views), None);
        assert_eq!(page_beside(Some(markdown), &views[..1]), None);
    }
}
