//! The record of a run and every view of it.
//!
//! The record ([`record`]) is the product: what was asked, of which model, and what was said.
//! Grades ([`grade`]), estimates ([`summary`]) and reports ([`mod@format`]) are computed from it and from
//! nothing else, so each of them can be made again at any time without a model. Renderers take a
//! record and return text; they never touch the disk.

pub mod audit;
pub mod compare;
pub mod format;
pub mod grade;
pub mod record;
pub mod summary;

pub use compare::{CompareError, Comparison, GateOutcome, Policy, Side, compare};
pub use format::compare::render_comparison;
pub use format::{Format, Options, RenderError, Report, render};
pub use grade::{Graded, GradedProbe, TrialScores, grade, grade_trials};
pub use record::Record;
pub use summary::{ExitVerdict, Summary, Timing};
