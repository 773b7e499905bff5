//! The formats of a report. One format is one file: a function from a report to text.
//!
//! A format is a member of a closed enum, so a new one does not compile until every place that
//! chooses one knows it. Nothing here reads or writes a file.

pub mod compare;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod history;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod plot;
pub mod power;
mod report;
pub mod terminal;
#[cfg(test)]
mod tests;
mod words;

pub use report::{EveryGrade, Format, FormatOptions, RenderError, Report, TakeGrades};
use std::io::Write;
pub(crate) use words::{beside, beside_value, failure_words, number, role_words, shortfalls, verdict_words};
pub use words::{counted, grouped, safe};

/// A report as one text.
///
/// # Errors
/// See [`RenderError`]; none of them depends on what a model said.
pub fn render(format: Format, report: &Report<'_>, options: &FormatOptions) -> Result<String, RenderError> {
    let mut text = Vec::new();
    write(format, report, options, &mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Writes a report. What lists every trial is written as it is read, so a report is never larger in memory than its page.
///
/// # Errors
/// See [`RenderError`]; none of them depends on what a model said.
pub fn write(
    format: Format,
    report: &Report<'_>,
    options: &FormatOptions,
    output: &mut (dyn Write + Send),
) -> Result<(), RenderError> {
    let text = match format {
        Format::Json => return json::write(report, output),
        Format::Terminal => terminal::render(report, options),
        Format::Junit => junit::render(report)?,
        Format::Markdown => markdown::render(report),
        Format::Html => html::render(report)?,
    };
    Ok(output.write_all(text.as_bytes())?)
}
