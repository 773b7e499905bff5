//! The formats of a comparison. As with reports, one format is one file, and none touches the disk.
//!
//! The verdict of the gate comes first in every format. Nothing that the comparison counts as missing, refused or
//! limited is left out of any of them; where a format has a limit on its size, what does not fit is counted.

#[cfg(test)]
pub(super) mod fixtures;
mod gated;
pub mod json;
mod junit;
pub(super) mod markdown;
pub(super) mod page;
pub mod shown_transcripts;
pub(super) mod terminal;
#[cfg(test)]
mod tests;
pub(super) mod words;

use super::{Format, FormatOptions, RenderError};
use crate::compare::{Comparison, GateOutcome};
use gated::{Gated, heads, metrics};
use shown_transcripts::ShownTranscripts;

/// Writes a comparison, and what a gate made of it. The page is written without transcripts; see
/// [`render_comparison_page`] for one with them.
///
/// # Errors
/// None of them depends on names or grades.
pub fn render_comparison(
    format: Format,
    comparison: &Comparison,
    gate: Option<&GateOutcome>,
    options: &FormatOptions,
) -> Result<String, RenderError> {
    match format {
        Format::Terminal => Ok(terminal::render(comparison, gate, options)),
        Format::Json => json::render(comparison, gate),
        Format::Junit => junit::render(comparison, gate),
        Format::Markdown => Ok(markdown::render(comparison, gate, options)),
        Format::Html => {
            let shown_transcripts =
                ShownTranscripts::absent("this page was made without them", comparison.heads.len());
            page::render(comparison, gate, &shown_transcripts, options)
        }
    }
}

/// Writes the page of a comparison with the transcripts of its discordant trials side by side.
///
/// # Errors
/// As [`render_comparison`].
pub fn render_comparison_page(
    comparison: &Comparison,
    gate: Option<&GateOutcome>,
    shown_transcripts: &ShownTranscripts,
    options: &FormatOptions,
) -> Result<String, RenderError> {
    page::render(comparison, gate, shown_transcripts, options)
}
