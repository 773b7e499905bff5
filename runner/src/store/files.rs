//! A file system as those need it who read what a user names, so that tests can give them files in memory.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A file system, as far as the readers of specs need one.
pub trait Files {
    /// The bytes of a regular file.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file, or is longer than `limit` bytes
    /// ([`io::ErrorKind::FileTooLarge`]).
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// The paths of everything in a folder, in any order.
    ///
    /// # Errors
    /// When it cannot be read.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;

    /// Whether there is a folder at that path.
    fn is_folder(&self, path: &Path) -> bool;

    /// The path from the root on, with every link followed.
    ///
    /// # Errors
    /// When there is nothing at that path.
    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf>;
}
