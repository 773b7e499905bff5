//! Files that are written beside the one whose place they take, and folders that go when the program does.
//!
//! Those that are open stand in a list, so that a program which is told to end leaves none behind. One that is killed at once
//! leaves `.grice-NAME.`, with six letters behind it, beside NAME; the run that is continued takes those of its folder away. Each is locked as long as it is
//! written, so that none of a living program is taken for one of a dead one.

use super::{lock, names::folder_of};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// How the names of all of them begin.
const PREFIX: &str = ".grice-";

/// What is open now.
static OPEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn open_ones() -> std::sync::MutexGuard<'static, BTreeSet<PathBuf>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is to take the place of another one; dropped before that, it goes.
#[derive(Debug)]
pub(super) struct Temporary(Option<tempfile::NamedTempFile>);

/// Begins a file beside `path`, with the rights that a new file has under the umask.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn beside(path: &Path) -> io::Result<Temporary> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let prefix = format!("{PREFIX}{name}.");
    let mut builder = tempfile::Builder::new();
    // A journal that takes the place of another one is appended to.
    builder.prefix(&prefix).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    loop {
        let file = builder.tempfile_in(folder_of(path))?;
        // Where the system knows no locks, nothing is tidied up either.
        let _ = file.as_file().lock();
        // It may have been tidied up before it was locked.
        if file.path().exists() {
            open_ones().insert(file.path().to_owned());
            return Ok(Temporary(Some(file)));
        }
    }
}

impl Temporary {
    /// The file, for writing.
    pub(super) fn file(&mut self) -> io::Result<&mut fs::File> {
        self.0.as_mut().map(tempfile::NamedTempFile::as_file_mut).ok_or_else(gone)
    }

    /// Puts it into the place of a file, at once or not at all, when all of it is on the disk; the file, open and locked as before.
    ///
    /// # Errors
    /// When the system refuses; the old file is then untouched.
    pub(super) fn put_at(mut self, path: &Path) -> io::Result<fs::File> {
        let file = self.0.take().ok_or_else(gone)?;
        let own = file.path().to_owned();
        let put = file.as_file().sync_all().and_then(|()| file.persist(path).map_err(|error| error.error));
        open_ones().remove(&own);
        put
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            open_ones().remove(file.path());
        }
    }
}

fn gone() -> io::Error {
    io::ErrorKind::NotFound.into()
}

/// A new folder that goes when the handle is dropped, or the program is told to end.
///
/// # Errors
/// When the system's folder for such things cannot be written.
pub(super) fn folder(prefix: &str) -> io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix(prefix).tempdir()?;
    open_ones().insert(folder.path().to_owned());
    Ok(folder)
}

/// Takes away everything that is open, before the program ends at once.
pub fn remove_temporary() {
    for path in std::mem::take(&mut *open_ones()) {
        // What cannot be taken away is left; there is nobody to tell any more.
        let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
}

/// Asks the system to end this process before any other one where memory gives out. Only Linux can be asked.
pub fn be_ended_first() {
    if cfg!(target_os = "linux") {
        // Where it cannot be asked, it decides itself.
        let _ = fs::write("/proc/self/oom_score_adj", "1000");
    }
}

/// Takes away what killed programs left in the folder of a run. What a program is writing stays.
pub(super) fn remove_left_over(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = lock::remove_unlocked(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_takes_its_place_or_goes() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.txt");
        let names = || fs::read_dir(place.path()).unwrap().count();
        let mut dropped = beside(&path).unwrap();
        dropped.file().unwrap().write_all(b"x").unwrap();
        let own = only(place.path());
        assert!(own.file_name().unwrap().to_str().unwrap().starts_with(".grice-a.txt."));
        assert!(open_ones().contains(&own));
        drop(dropped);
        assert!(names() == 0 && !open_ones().contains(&own));
        let mut kept = beside(&path).unwrap();
        kept.file().unwrap().write_all(b"y").unwrap();
        let own = only(place.path());
        kept.put_at(&path).unwrap();
        assert!(names() == 1 && fs::read(&path).unwrap() == b"y" && !open_ones().contains(&own));
    }

    /// The one entry of a folder.
    fn only(folder: &Path) -> PathBuf {
        fs::read_dir(folder).unwrap().next().unwrap().unwrap().path()
    }

    #[test]
    fn what_is_being_written_is_not_tidied_up() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("report.html");
        let mut view = beside(&path).unwrap();
        view.file().unwrap().write_all(b"x").unwrap();
        remove_left_over(place.path());
        view.put_at(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
    }

    #[test]
    fn what_was_left_over_goes_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        for name in [".grice-journal.jsonl.a1", ".gricex", "grice-a", "journal.jsonl"] {
            fs::write(place.path().join(name), "").unwrap();
        }
        fs::create_dir(place.path().join(".grice-folder")).unwrap();
        remove_left_over(place.path());
        let mut left: Vec<_> =
            fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".grice-folder", ".gricex", "grice-a", "journal.jsonl"]);
    }
}
