//! Sessions: what one command does with its models. Each is loaded, its run is begun or gone on with, extended by plans and finished.
//!
//! An ordinary run is one extension; one that goes on until something is decided is several, with looks in between ([`looks`]). Nothing
//! here prints, and nothing knows how a command line is written: whoever wants to see what goes on listens ([`crate::event`]).

pub mod folders;
mod loaded;
pub mod looks;
mod model_run;
mod sequential;
mod shared;
mod timing;
mod user_turns;

pub use folders::{Folders, Wanted};
pub use loaded::Loaded;
pub use looks::Looks;
pub use model_run::{FinishedRun, ModelRun};
pub use sequential::{Decision, Look, Sequential, Watch};
pub use shared::{Session, SessionOptions};
pub use user_turns::user_turns;

#[cfg(test)]
mod tests;
