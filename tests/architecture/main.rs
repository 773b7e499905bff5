//! The rooms stay apart: arrows between crates, rooms and files go one way, and one module touches the disk.

mod disk;
mod files;
mod rooms;
mod source;
mod tree;

use std::{
    fs,
    path::{Path, PathBuf},
};
use support::root;

/// The crates, lowest first: each may depend on those before it.
const FLOORS: [(&str, &str); 4] =
    [("scorers", "scorers"), ("reports", "reports"), ("runner", "runner"), ("tests", "grice-tests")];

fn manifest(directory: &str) -> String {
    fs::read_to_string(root().join(directory).join("Cargo.toml")).expect("every room has a manifest")
}

/// Whether a manifest names a crate among its dependencies of any kind.
fn depends_on(manifest: &str, name: &str) -> bool {
    let starts = |line: &str| line.starts_with(&format!("{name}.")) || line.starts_with(&format!("{name} ="));
    manifest.lines().map(str::trim_start).any(starts)
}

#[test]
fn arrows_between_crates_go_one_way() {
    for (floor, (directory, name)) in FLOORS.iter().enumerate() {
        let text = manifest(directory);
        assert!(text.contains(&format!("name = \"{name}\"")), "{directory} holds {name}");
        for (_, above) in &FLOORS[floor + 1..] {
            assert!(!depends_on(&text, above), "{name} must not depend on {above}");
        }
    }
    assert!(depends_on(&manifest("runner"), "reports"), "the check finds dependencies that exist");
    assert!(!depends_on(&manifest("runner"), "organisms"), "the runner does not need the trainer");
    let toolkit = manifest("runner/toolkit");
    let (_, of_toolkit) = toolkit.split_once("[dependencies]").expect("it says that there are none");
    let needed = of_toolkit.lines().skip(1).take_while(|line| !line.starts_with('['));
    assert_eq!(
        needed.filter(|line| !line.is_empty()).count(),
        0,
        "`cargo with` is built before anything else"
    );
    for light in ["scorers", "reports"] {
        for heavy in ["mistralrs", "tokio", "candle-core"] {
            assert!(!depends_on(&manifest(light), heavy), "{light} stays free of {heavy}");
        }
    }
}

fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let mut found = Vec::new();
    for room in ["scorers/src", "reports/src", "runner/src", "runner/organisms/src", "tests"] {
        all_files(&root().join(room), &mut found);
    }
    for path in found {
        let text = fs::read_to_string(&path).expect("a source is text");
        assert!(text.starts_with("//!"), "{} has no //! header", path.display());
    }
}
