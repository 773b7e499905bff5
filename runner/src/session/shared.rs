//! What the models of one command share.

use crate::{
    engine::limiter::{Limits, Purse},
    execute::Stop,
};
use std::sync::Arc;

/// What holds for all models of a session.
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionOptions {
    /// Seed of the runs.
    pub seed: u64,
    /// Generations of a model in flight; none for what suits its engine.
    pub concurrency: Option<usize>,
    /// What all models may spend together.
    pub limits: Limits,
}

/// What the models of one command share: the options, what they may spend, and the wish to stop.
pub struct Session {
    pub(super) options: SessionOptions,
    pub(super) purse: Arc<Purse>,
    pub(super) stop: Arc<Stop>,
}

impl Session {
    /// Begins to count what is spent.
    pub fn new(options: SessionOptions, stop: Arc<Stop>) -> Self {
        Self { options, purse: Arc::new(Purse::new(options.limits)), stop }
    }

    /// The wish to stop.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }
}
