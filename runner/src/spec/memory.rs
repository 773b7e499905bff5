//! A file system in memory, for tests and for specs that lie on no disk.

use super::files::Files;
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

/// Paths and contents; a folder exists where something is below it, and there are no links.
#[derive(Clone, Debug, Default)]
pub struct Memory(pub BTreeMap<PathBuf, Vec<u8>>);

impl Memory {
    /// Files with their texts.
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect())
    }
}

impl Files for Memory {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        match self.0.get(plain(path)) {
            Some(bytes) if bytes.len() as u64 > limit => Err(io::ErrorKind::FileTooLarge.into()),
            Some(bytes) => Ok(bytes.clone()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let children = self.0.keys().filter_map(|path| {
            let below = path.strip_prefix(folder).ok()?;
            Some(folder.join(below.components().next()?))
        });
        Ok(children.collect::<BTreeSet<_>>().into_iter().collect())
    }

    fn is_folder(&self, path: &Path) -> bool {
        let path = plain(path);
        !self.0.contains_key(path) && self.0.keys().any(|file| file.starts_with(path))
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        let path = plain(path);
        let there = self.0.contains_key(path) || self.is_folder(path);
        if there { Ok(path.to_owned()) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

/// A path without the folder `.` that it may begin with.
fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}
