//! The files of models: found, hashed, unpacked and made over.

use super::{
    disk::{file_size, files_with_extension, open},
    temporary,
};
use std::{
    fs,
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

/// A folder of temporary files, which goes when the handle is dropped.
#[derive(Debug)]
pub struct TemporaryFolder(tempfile::TempDir);

impl TemporaryFolder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// The weight files of a model directory, sorted by name.
pub fn weight_files(directory: &Path) -> Vec<PathBuf> {
    files_with_extension(directory, "safetensors")
}

/// Bytes of all weight files of a model directory.
pub fn weights_size(directory: &Path) -> u64 {
    weight_files(directory).iter().map(|path| file_size(path)).sum()
}

/// BLAKE3 over the contents of files, in their order, in hex.
///
/// # Errors
/// The first file that cannot be read, and why.
pub fn hash_files(paths: &[PathBuf]) -> Result<String, (PathBuf, io::Error)> {
    let mut hasher = blake3::Hasher::new();
    for path in paths {
        let update = |hasher: &mut blake3::Hasher| hasher.update_mmap_rayon(path).map(|_| ());
        update(&mut hasher).map_err(|error| (path.clone(), error))?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Writes files into a new temporary directory, which goes when the handle is dropped.
///
/// # Errors
/// When the temporary directory cannot be written.
pub fn unpack(files: &[(&str, &[u8])]) -> io::Result<TemporaryFolder> {
    let directory = temporary::folder("grice-model-")?;
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes)?;
    }
    Ok(TemporaryFolder(directory))
}

/// Makes a file from another one, both open at once.
///
/// # Errors
/// When one of them cannot be opened or written, or what `with` says.
pub fn transform<E: From<io::Error>>(
    source: &Path,
    target: &Path,
    with: impl FnOnce(&mut BufReader<fs::File>, &mut BufWriter<fs::File>) -> Result<(), E>,
) -> Result<(), E> {
    let mut out = BufWriter::new(fs::File::create(target)?);
    with(&mut open(source)?, &mut out)?;
    Ok(out.flush()?)
}
