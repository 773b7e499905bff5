//! One self-contained page: summary, plots, transcripts with their scores and forks, provenance.
//!
//! Model output stays text. The page around it is filled in by a template engine that escapes, and
//! the transcripts travel as JSON that a script puts into the page as text nodes. The page's own
//! policy forbids everything but this one style sheet and this one script, by their hashes, so
//! nothing that a model says can run, load or call home.

pub(super) mod data;
mod page;
pub(super) mod plots;
pub(super) mod shell;

use super::{RenderError, Report};
use shell::Shell;

pub(super) const SHELL: Shell = Shell {
    template: include_str!("page.html"),
    style: include_str!("style.css"),
    script: concat!(
        include_str!("common.js"),
        include_str!("panes.js"),
        include_str!("turn.js"),
        include_str!("list.js"),
        include_str!("transcript.js"),
        include_str!("keyboard.js"),
    ),
    sections: &[("summary", "Summary"), ("transcripts", "Transcripts"), ("provenance", "Provenance")],
};

pub(super) fn render(report: &Report<'_>) -> Result<String, RenderError> {
    SHELL.fill(page::context(report)?, &data::of(report))
}

#[cfg(test)]
pub(super) mod browser;
#[cfg(test)]
mod tests;
