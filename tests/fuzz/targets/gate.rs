//! Policies of a gate: refused with places, or one that can judge a record.

use reports::{Digest, Side};
use runner::{
    policy::PolicyFile,
    spec::{Memory, render_diagnostics},
};
use std::{path::Path, path::PathBuf, sync::LazyLock};

/// The grades of a stored record.
static SIDE: LazyLock<Option<Side>> = LazyLock::new(|| {
    let record = reports::Record::parse(include_str!("../../records/v4.jsonl")).ok()?;
    Side::of("v4", Digest::of(&record).ok()?).ok()
});

pub(super) fn check(input: &[u8]) {
    let files = Memory([(PathBuf::from("s/gate.yaml"), input.to_vec())].into());
    match PolicyFile::load(Path::new("s/gate.yaml"), &files) {
        Ok(file) => {
            for checked in [file.check(SIDE.as_ref()), file.decidable(SIDE.as_ref())] {
                if let Err(diagnostics) = checked {
                    assert!(!render_diagnostics(&diagnostics, false).is_empty());
                }
            }
        }
        Err(diagnostics) => assert!(!render_diagnostics(&diagnostics, false).is_empty()),
    }
}
