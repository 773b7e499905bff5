//! The record of a run and every view of it.
//!
//! The record ([`record`]) is the product: what was asked, of which model, and what was said.
//! Grades ([`grade`]), estimates ([`summary`]) and reports ([`mod@format`]) are computed from it and from
//! nothing else, so each of them can be made again at any time without a model. All of them come from one fold
//! ([`digest`]), which takes trials one by one, so that no run is ever in memory whole. Renderers return text, or write
//! it; they never touch the disk.

pub mod audit;
pub mod baseline;
pub mod compare;
pub mod digest;
pub mod format;
pub mod grade;
mod lines;
pub mod record;
pub mod summary;
pub mod text;
pub mod tolerance;

pub use compare::{CompareError, Comparison, GateOutcome, History, Policy, Side, compare, history};
pub use digest::{Digest, Room, Selection};
pub use format::compare::{
    render_comparison, render_comparison_page,
    shown_transcripts::{ShownTranscripts, SideTranscripts},
};
pub use format::history::render_history;
pub use format::{EveryGrade, Format, FormatOptions, RenderError, Report, render};
pub use grade::TrialScores;
pub use record::Record;
pub use summary::{ExitVerdict, Summary, Timing};
