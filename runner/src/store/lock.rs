//! Locks on files: one program at a time writes a journal, and nobody takes away what another program is writing.

use super::error::JournalError;
use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
};

/// Locks a journal that was opened at a path, until it is closed. Whether it is still the file at that path: the program that
/// had the lock before may have put another one there.
///
/// # Errors
/// When another program has the lock.
pub(super) fn journal(file: &File, path: &Path) -> Result<bool, JournalError> {
    match file.try_lock() {
        Ok(()) => Ok(is_at(file, path)),
        Err(TryLockError::WouldBlock) => Err(JournalError::Locked(path.display().to_string())),
        Err(TryLockError::Error(source)) => {
            Err(JournalError::Write { path: path.display().to_string(), source })
        }
    }
}

/// Takes a file away unless a program has it locked.
///
/// # Errors
/// When a program has, or the system refuses.
pub(super) fn remove_unlocked(path: &Path) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(path)?;
    file.try_lock()?;
    // Whoever has just made it waits for this lock, and then sees that it is gone.
    fs::remove_file(path)
}

/// Whether an open file is what is at a path now.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(own), Ok(there)) if identity(&own) == identity(&there))
}

/// Elsewhere the system does not let an open file be replaced.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_on_a_file_that_was_replaced_is_told_from_one_on_the_new_file() {
        let place = tempfile::tempdir().unwrap();
        let [path, other] = ["journal.jsonl", "other"].map(|name| place.path().join(name));
        let open = || File::options().read(true).append(true).create(true).open(&path).unwrap();
        let early = open();
        let first = open();
        assert!(journal(&first, &path).unwrap());
        assert!(matches!(journal(&early, &path), Err(JournalError::Locked(_))));
        fs::write(&other, "").unwrap();
        fs::rename(&other, &path).unwrap();
        drop(first);
        assert!(!journal(&early, &path).unwrap(), "the file that it has locked is gone");
        assert!(journal(&open(), &path).unwrap());
    }

    #[test]
    fn only_what_nobody_has_locked_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        let file = File::create(&path).unwrap();
        file.try_lock().unwrap();
        assert!(remove_unlocked(&path).is_err() && path.exists());
        drop(file);
        remove_unlocked(&path).unwrap();
        assert!(!path.exists());
    }
}
