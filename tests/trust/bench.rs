//! A folder with a spec and a script in it, and the program to run there.

use std::{fs, path::PathBuf, process::Command};
use support::{Finished, command};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_grice-under-test");

/// Three cases of two samples.
pub(crate) const SPEC: &str = "
probe: trust.three
about: Three cases.
cases: [{ id: one, say: First. }, { id: two, say: Second. }, { id: three, say: Third. }]
dialogue: [{ user: '{{ say }}' }, { model: { name: reply, max_tokens: 10 } }]
samples: 2
score: { yes: { includes: { turn: reply, text: 'yes' } } }
metrics: { yes: { rate: { of: yes } } }
";

pub(crate) struct Bench(tempfile::TempDir);

impl Bench {
    /// A folder with [`SPEC`] in `spec.yaml`, and a script.
    pub(crate) fn new() -> Self {
        let bench = Self(tempfile::tempdir().expect("a temporary directory"));
        bench.write("spec.yaml", SPEC);
        bench.write("script.yaml", "- { reply: ['yes', 'no', 'yes indeed'] }\n");
        bench
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).expect("it can be read")
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(folder)).expect("it can be read");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("it can be read").file_name().into_string().expect("a plain name"))
            .collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(BINARY, arguments);
        command.current_dir(self.0.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.command(arguments).output().expect("the program starts").into()
    }

    /// Runs `spec.yaml` on the script.
    pub(crate) fn scripted(&self, further: &[&str]) -> Finished {
        self.run(&[&["run", "spec.yaml", "--model", "scripted:script.yaml"], further].concat())
    }

    #[cfg(unix)]
    pub(crate) fn link(&self, target: &str, name: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("it can be made");
        std::os::unix::fs::symlink(target, path).expect("a link can be made");
    }
}
