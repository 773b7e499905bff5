//! Two runs to compare, and a folder for what a test writes beside them.

use std::{fs, path::PathBuf};
use support::{Finished, run};
use tempfile::TempDir;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// Two runs of one spec under two seeds, and a folder for whatever else a test writes.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a temporary directory") };
        place.run("base", "table", &["--seed", "1"]);
        place.run("head", "table", &["--seed", "2"]);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("a plain path").to_owned()
    }

    pub(crate) fn run(&self, name: &str, script: &str, further: &[&str]) {
        let (model, out) = (format!("scripted:scripts/{script}.yaml"), self.text(name));
        let mut arguments = vec!["run", "cases/table.yaml", "--model", &model, "--out", &out];
        arguments.extend(further);
        let finished = run(BINARY, &arguments);
        assert!(matches!(finished.code, Some(0 | 4 | 5)), "{finished:?}");
    }

    /// Two runs with so many samples that missing ones can be significant.
    pub(crate) fn many(&self) {
        self.run("many", "table", &["--seed", "1", "--samples", "12"]);
        self.run("many-head", "table", &["--seed", "2", "--samples", "12"]);
    }

    pub(crate) fn compare(&self, base: &str, head: &str, further: &[&str]) -> Finished {
        let (base, head) = (self.text(base), self.text(head));
        let mut arguments = vec!["compare", &base, &head];
        arguments.extend(further);
        run(BINARY, &arguments)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).expect("it can be written");
        self.text(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it can be read")
    }

    /// Changes a file of a run.
    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let text = self.read(name);
        let changed = change(text.clone());
        assert_ne!(text, changed, "the edit changes something");
        self.write(name, &changed);
    }

    /// Changes a file of a run and makes its checksums anew.
    pub(crate) fn forge(&self, name: &str, change: impl FnOnce(String) -> String) {
        self.edit(name, |text| support::sealed(&change(text)));
    }

    pub(crate) fn gate(&self, text: &str) -> String {
        self.write("gate.yaml", text)
    }
}
