//! Data files: as cases and as constants of a spec. The first byte chooses the format.

use runner::spec::{self, Memory, Plan};
use std::path::PathBuf;

const ENDINGS: [&str; 3] = ["csv", "json", "jsonl"];

pub(super) fn check(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else { return };
    let ending = ENDINGS[usize::from(*first) % ENDINGS.len()];
    let spec = format!(
        "
probe: fuzz.data
about: Data of a stranger.
data: {{ table: {{ file: table.{ending} }} }}
cases: {{ file: table.{ending} }}
dialogue: [{{ user: '{{{{ a }}}} {{{{ table[0] }}}}' }}, {{ model: reply }}]
score: {{ said: {{ includes: {{ turn: reply, text: '{{{{ a }}}}' }} }} }}
metrics: {{ said: {{ rate: {{ of: said }} }} }}
"
    );
    let mut files = Memory::of(&[("s/probe.yaml", &spec)]);
    files.0.insert(PathBuf::from(format!("s/table.{ending}")), rest.to_vec());
    match spec::load(&[PathBuf::from("s")], &files) {
        Ok(probes) => assert!(!Plan::of(&probes, None).table(&probes).is_empty()),
        Err(diagnostics) => assert!(!spec::render_diagnostics(&diagnostics, false).is_empty()),
    }
}
