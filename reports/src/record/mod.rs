//! The record: a versioned journal of JSON lines, first the header, then one line per trial.
//!
//! The journal is append-only while a run goes on. It holds nothing that varies between two runs of
//! the same specs, model and seed (no times, no speeds), so that equal runs have equal records.
//! `docs/record-format.md` describes it for other programs.

mod control;
pub(crate) mod definition;
pub mod dialogue;
pub(crate) mod faults;
mod header;
mod line;
pub(crate) mod migrate;
mod read;
mod sampling;
#[cfg(test)]
mod tests;
mod trial;
mod variables;

pub use crate::lines::{Broken, Chain};
pub use control::{Control, ControlKind};
pub use header::{
    ArmRecord, Better, Bound, CaseRecord, Cast, EngineIdentity, Expectation, GriceIdentity, Header,
    LoadCheck, ModelIdentity, Player, ProbeRecord, PromptRecord, ScoreRecord, Shard,
};
pub use line::{FORMAT_VERSION, Line, MINOR_VERSION, Record, RecordError};
pub use read::Reader;
pub use sampling::{Coupling, Sampling};
pub use trial::{TrialKey, TrialRecord};
pub use variables::{NAMES, Unfilled};
