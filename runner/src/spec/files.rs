//! What reading specs needs of a file system, and how a user's paths become a list of spec files.
//!
//! The loader never touches the disk itself: tests give it files in memory, the command line gives it
//! the real ones.
//!
//! Whoever may change a folder of specs may put links there. None is followed out of the folder that the user named, or, of a
//! file that the user named, out of the folder that it lies in.

use super::diagnostic::Diagnostic;
pub use crate::store::Files;
use crate::store::folder_of;
use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 8 << 20;

/// Folders below folders that are searched for specs.
const MAX_DEPTH: usize = 32;

/// Most spec files of one call.
const MAX_FILES: usize = 10_000;

/// Most files and folders that are looked at for specs.
const MAX_ENTRIES: usize = 200_000;

/// A path as records and messages show it: with forward slashes.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The spec files that the user's paths stand for: a file for itself, a folder for every `.yaml` and
/// `.yml` file below it, sorted by path, without those under a folder named `data`. A file that is
/// reached twice is read once. Beside them, an error for each path that leads nowhere or to no spec.
pub fn spec_files(paths: &[PathBuf], files: &dyn Files) -> (Vec<PathBuf>, Vec<Diagnostic>) {
    let mut search = Search {
        files,
        found: Vec::new(),
        seen: BTreeSet::new(),
        problems: Vec::new(),
        left: MAX_ENTRIES,
        ended: false,
    };
    for path in paths {
        let before = (search.found.len(), search.seen.len(), search.problems.len());
        search.named(path);
        // A folder that was reached before has nothing new, which is no mistake.
        let nothing = (before.0, before.2) == (search.found.len(), search.problems.len());
        if nothing && before.1 < search.seen.len() {
            search.refuse(path, "there is no `.yaml` file in this folder");
        }
    }
    (search.found, search.problems)
}

struct Search<'a> {
    files: &'a dyn Files,
    found: Vec<PathBuf>,
    seen: BTreeSet<PathBuf>,
    problems: Vec<Diagnostic>,
    /// Files and folders that may still be looked at.
    left: usize,
    /// A bound was met.
    ended: bool,
}

impl Search<'_> {
    fn refuse(&mut self, path: &Path, message: impl Into<String>) {
        self.problems.push(Diagnostic::of_file(&shown(path), message));
    }

    /// Looks at a path that the user typed.
    fn named(&mut self, path: &Path) {
        let real = match self.files.canonicalize(path) {
            Ok(real) => real,
            Err(error) => return self.refuse(path, format!("cannot be read: {error}")),
        };
        match leads_out(path, self.files) {
            Ok(()) => self.visit(path, &real, 0, true),
            Err(message) => self.refuse(path, message),
        }
    }

    /// Looks at a path below `root`, which is free of links.
    fn visit(&mut self, path: &Path, root: &Path, depth: usize, named: bool) {
        if self.ended {
            return;
        }
        if self.left == 0 || self.found.len() >= MAX_FILES {
            self.ended = true;
            let message =
                format!("more than {MAX_FILES} specs, or {MAX_ENTRIES} files to look through; name fewer");
            return self.refuse(path, message);
        }
        self.left -= 1;
        // A dangling link among other files is no business of ours.
        let Ok(real) = self.files.canonicalize(path) else { return };
        let folder = self.files.is_folder(path);
        if (folder || is_yaml(path)) && !real.starts_with(root) {
            return self
                .refuse(path, "is a link that leads out of the folder of the specs, and is not followed");
        }
        if (folder || named || is_yaml(path)) && !self.seen.insert(real) {
            return;
        }
        if !folder {
            if named || is_yaml(path) {
                self.found.push(path.to_owned());
            }
            return;
        }
        if depth > MAX_DEPTH {
            return self.refuse(path, format!("folders are nested deeper than {MAX_DEPTH} levels"));
        }
        match self.files.list(path) {
            Ok(mut entries) => {
                entries.sort();
                for entry in entries.iter().filter(|entry| !skipped(entry)) {
                    self.visit(entry, root, depth + 1, false);
                }
            }
            Err(error) => self.refuse(path, format!("cannot be read: {error}")),
        }
    }
}

/// That a path which the user typed is no link out of the folder that it lies in: whoever may change that folder decides
/// where such a link leads.
///
/// # Errors
/// What to tell the user.
pub(crate) fn leads_out(path: &Path, files: &dyn Files) -> Result<(), String> {
    // `..` and the like lead out because the user says so.
    if !matches!(path.components().next_back(), Some(Component::Normal(_))) {
        return Ok(());
    }
    let (real, folder) = match (files.canonicalize(path), files.canonicalize(folder_of(path))) {
        (Ok(real), Ok(folder)) => (real, folder),
        // Whoever opens it says why it cannot be read.
        _ => return Ok(()),
    };
    match real.starts_with(folder) {
        true => Ok(()),
        false => Err(format!(
            "is a link that leads out of its folder, and is not followed; name `{}` itself",
            shown(&real)
        )),
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Hidden entries, folders of data, and policies of a gate, which stand beside the specs that they are for.
fn skipped(path: &Path) -> bool {
    let (Some(name), Some(stem)) = (path.file_name(), path.file_stem()) else { return false };
    let (name, stem) = (name.to_string_lossy(), stem.to_string_lossy());
    let policy = is_yaml(path) && (stem == "gate" || stem.ends_with(".gate"));
    name == "data" || name.starts_with('.') || policy
}

#[cfg(test)]
mod tests {
    use super::{super::memory::Memory, *};

    #[test]
    fn a_folder_stands_for_the_specs_below_it() {
        let files = Memory::of(&[
            ("s/b.yaml", ""),
            ("s/a/c.yml", ""),
            ("s/a/table.csv", ""),
            ("s/data/x.yaml", ""),
            ("s/.hidden.yaml", ""),
            ("s/gate.yaml", ""),
            ("s/a/c.gate.yaml", ""),
            ("s/a/irrigate.yaml", ""),
        ]);
        let (found, problems) = spec_files(&["s".into(), "s/b.yaml".into(), "s/a".into()], &files);
        assert_eq!(found, ["s/a/c.yml", "s/a/irrigate.yaml", "s/b.yaml"].map(PathBuf::from));
        assert!(problems.is_empty());
    }

    #[test]
    fn a_path_that_leads_nowhere_is_an_error() {
        let files = Memory::of(&[("s/table.csv", "")]);
        let (_, problems) = spec_files(&["t".into(), "s".into()], &files);
        let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert!(messages[0].starts_with("cannot be read"));
        assert_eq!(messages[1], "there is no `.yaml` file in this folder");
    }
}
