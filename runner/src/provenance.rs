//! Which Grice this is, for the header of every record.

use reports::record::GriceIdentity;
use std::sync::OnceLock;

static COMMIT: OnceLock<String> = OnceLock::new();

/// States the commit that the program is built from; only the first statement counts.
pub(crate) fn built_from(commit: &str) {
    let _ = COMMIT.set(commit.to_owned());
}

/// Version and commit of this program.
pub(crate) fn grice() -> GriceIdentity {
    let commit = COMMIT.get().filter(|commit| !commit.is_empty()).cloned();
    GriceIdentity { version: env!("CARGO_PKG_VERSION").to_owned(), commit }
}
