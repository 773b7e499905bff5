//! What Grice measures with, free of files, clocks, models and threads.
//!
//! The crate holds the nouns that everything above it speaks ([`transcript`]), the functions that
//! grade one turn of a transcript ([`scorer`]), and the statistics that turn many grades into an
//! estimate with an interval ([`metric`]). All of it is pure: the same input gives the same output
//! on every machine, so a stored run can be graded again at any time.

pub mod catalogue;
pub mod lenient;
pub mod metric;
pub mod names;
pub mod outcome;
pub mod place;
pub mod reasoning;
pub mod scorer;
pub mod template;
pub mod transcript;
pub mod view;

pub use outcome::{FailureKind, Outcome, Value, ValueKind};
pub use place::Place;
pub use transcript::{Body, Branch, Role, Speaker, StopReason, Transcript, Turn};
pub use view::View;
