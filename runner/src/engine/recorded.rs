//! An engine that says again what a speaker said in another record, place by place.
//!
//! The seed of a generation is derived from its place alone, so it names the place; what was said there is found by it.

use super::{Completion, Engine, Facts, Failure, Identity, Request};
use futures::future::BoxFuture;
use scorers::FailureKind;
use std::collections::HashMap;

/// Says again what was said.
pub struct Recorded {
    identity: Identity,
    said: HashMap<u64, Completion>,
}

impl Recorded {
    /// By seeds of this run; `identity` is of whoever said it.
    pub fn new(identity: Identity, said: HashMap<u64, Completion>) -> Self {
        Self { identity, said }
    }
}

impl Engine for Recorded {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn room(&self) -> usize {
        64
    }

    fn facts(&self) -> Facts {
        // What it says was held to a schema or chosen among options when it was said.
        Facts { constrains: true, chooses: true, ..Facts::default() }
    }

    fn generate(&self, request: Request) -> BoxFuture<'_, Result<Completion, Failure>> {
        let found = self.said.get(&request.seed).cloned();
        Box::pin(std::future::ready(found.ok_or_else(|| Failure {
            kind: FailureKind::Contract,
            message: "the record whose turns are said again has none here".to_owned(),
        })))
    }

    fn has_words(&self, seed: u64) -> bool {
        self.said.contains_key(&seed)
    }
}
