//! One self-contained page of a comparison: the gate's verdict, what changed, and the transcripts behind it.
//!
//! Built like the page of a run, from the same shell, style and scripts, and as closed to what a model says: names are
//! escaped by the template engine, transcripts travel as JSON that a script puts into the page as text nodes.

mod align;
pub(in crate::format) mod anchors;
mod context;
mod data;
#[cfg(test)]
pub(super) mod fixtures;
pub(in crate::format) mod plots;
#[cfg(test)]
mod tests;

use super::shown_transcripts::ShownTranscripts;
use crate::{
    compare::{Comparison, GateOutcome},
    format::{FormatOptions, RenderError, html::shell::Shell},
};

const SHELL: Shell = Shell {
    template: include_str!("page.html"),
    style: concat!(include_str!("../../html/style.css"), include_str!("page.css")),
    script: concat!(
        include_str!("../../html/common.js"),
        include_str!("../../html/panes.js"),
        include_str!("../../html/turn.js"),
        include_str!("list.js"),
        include_str!("pair.js"),
        include_str!("keyboard.js"),
    ),
    sections: &[
        ("verdict", "Verdict"),
        ("metrics", "Metrics"),
        ("transcripts", "Transcripts"),
        ("provenance", "Provenance"),
    ],
};

pub(super) fn render(
    comparison: &Comparison,
    gate: Option<&GateOutcome>,
    shown_transcripts: &ShownTranscripts,
    options: &FormatOptions,
) -> Result<String, RenderError> {
    let data = data::of(comparison, shown_transcripts, options);
    SHELL.fill(context::of(comparison, gate, shown_transcripts, &data)?, &data)
}
