//! A spec: it is refused with places that exist, or its plan and its schema of trials can be made.

use runner::spec::{self, Memory, Plan};
use std::path::PathBuf;

/// Files beside the spec that specs of the corpus name.
const FILES: [(&str, &str); 3] = [
    ("s/objects.csv", "object,alive\ncat,yes\nstone,no\n"),
    ("s/cases.jsonl", "{\"id\":\"a\",\"say\":\"One\"}\n{\"id\":\"b\",\"say\":\"Two\"}\n"),
    ("s/facts.json", "[{\"say\":\"One\",\"n\":1.50}]"),
];

pub(super) fn check(input: &[u8]) {
    let mut files = Memory::of(&FILES);
    files.0.insert(PathBuf::from("s/probe.yaml"), input.to_vec());
    match spec::load(&[PathBuf::from("s")], &files) {
        Ok(probes) => {
            let plan = Plan::of(&probes, None);
            assert!(!plan.table(&probes).is_empty());
            for probe in &probes {
                let read = spec::dialogues_of(&probe.record);
                assert_eq!(read.as_ref(), Some(&probe.record.dialogues), "a record's own text is read again");
            }
        }
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty(), "refused without a word");
            assert!(!spec::render_diagnostics(&diagnostics, false).is_empty());
        }
    }
}
