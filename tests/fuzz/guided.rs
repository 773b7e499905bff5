//! One target guided by coverage, with libFuzzer: `GRICE_FUZZ` names it. CONTRIBUTING.md has the command.
#![no_main]

mod targets;

use std::sync::OnceLock;

static CHECK: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let name = std::env::var("GRICE_FUZZ").unwrap_or_default();
        let target = targets::ALL.iter().find(|target| target.0 == name);
        let names: Vec<&str> = targets::ALL.iter().map(|target| target.0).collect();
        let (_, check) = target.unwrap_or_else(|| panic!("GRICE_FUZZ names a target: {}", names.join(", ")));
        CHECK.get_or_init(|| *check);
    },
    |input: &[u8]| if let Some(check) = CHECK.get() {
        check(input);
    }
);
