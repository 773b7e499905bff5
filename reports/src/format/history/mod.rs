//! The formats of a history: a trend over versions. As with comparisons, one format is one file.

#[cfg(test)]
mod fixtures;
pub mod json;
mod markdown;
mod page;
mod plots;
mod terminal;
#[cfg(test)]
mod tests;
mod words;

use super::{Format, FormatOptions, RenderError};
use crate::compare::History;

/// Writes a history.
///
/// # Errors
/// [`RenderError::Unsupported`] for [`Format::Junit`]: a trend has nothing that passes or fails. The other errors do
/// not depend on names or grades.
pub fn render_history(
    format: Format,
    history: &History,
    options: &FormatOptions,
) -> Result<String, RenderError> {
    match format {
        Format::Terminal => Ok(terminal::render(history, options)),
        Format::Json => json::render(history),
        Format::Markdown => Ok(markdown::render(history)),
        Format::Html => page::render(history),
        Format::Junit => Err(RenderError::Unsupported {
            view: "a history",
            format,
            others: "terminal, json, markdown or html",
        }),
    }
}
