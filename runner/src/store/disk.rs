//! Plain reading, writing and hashing of files.

use super::{error::StoreError, files::Files, temporary};
use std::{
    fs, io,
    io::{BufReader, BufWriter, Read, Seek, Write},
    path::{Path, PathBuf},
};

/// Bytes that are read or written together.
const BUFFER: usize = 1 << 20;

/// Bytes of a text file at most, for readers without a bound of their own: more than any tokenizer has.
pub const MAX_TEXT: u64 = 256 << 20;

/// The real file system, for the readers of specs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        read_at_most(path, limit)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }
}

/// Reads a whole regular file.
///
/// # Errors
/// When it cannot be read, is no regular file, or is longer than `limit` bytes ([`io::ErrorKind::FileTooLarge`]).
pub(super) fn read_at_most(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    regular(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(bytes),
    }
}

/// Opens a regular file. A pipe or a device could go on for ever, or wait for ever to be opened.
fn regular(path: &Path) -> io::Result<fs::File> {
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
    if !fs::metadata(path)?.is_file() {
        return Err(refused());
    }
    let file = fs::File::open(path)?;
    // It may have become another one meanwhile.
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused()) }
}

/// Reads a whole regular file as UTF-8, of [`MAX_TEXT`] bytes at most.
///
/// # Errors
/// When it cannot be read, is no regular file or longer, or is no UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    let bytes = read_at_most(path, MAX_TEXT)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
}

/// The first bytes of a regular file, at most so many.
///
/// # Errors
/// When it cannot be read, or is no regular file.
pub fn read_beginning(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// So many bytes of a regular file from a place on.
///
/// # Errors
/// When it cannot be read, is no regular file, or ends before.
pub fn read_piece(path: &Path, start: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = regular(path)?;
    if file.metadata()?.len() < start.saturating_add(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    file.seek(io::SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The path from the root on, without touching links.
///
/// # Errors
/// When the working directory is gone.
pub fn absolute(path: &Path) -> io::Result<PathBuf> {
    std::path::absolute(path)
}

/// The whole path of what is here, links followed.
///
/// # Errors
/// When nothing is here.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// Whether there is anything here.
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Whether there is a folder here.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Whether there is a file here.
pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// The file of another name beside a file, where there is one.
pub fn beside(file: &Path, name: &str) -> Option<PathBuf> {
    Some(file.with_file_name(name)).filter(|path| path.is_file())
}

/// Makes a folder that was not there before, with the folders above it: `name`, or `name-2` and so on where that is taken,
/// so that two programs which want the same one have one each.
///
/// # Errors
/// When it cannot be written.
pub fn new_folder(parent: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let error = |path: &Path, source| StoreError::File { path: path.display().to_string(), source };
    fs::create_dir_all(parent).map_err(|source| error(parent, source))?;
    let mut folder = parent.join(name);
    for number in 2_u32.. {
        match fs::create_dir(&folder) {
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {
                folder = parent.join(format!("{name}-{number}"));
            }
            made => {
                made.map_err(|source| error(&folder, source))?;
                break;
            }
        }
    }
    Ok(folder)
}

/// Makes a folder where there is none, and sees whether files can be written into it.
///
/// # Errors
/// When they cannot.
pub fn try_folder(path: &Path) -> Result<(), StoreError> {
    let error = |source| StoreError::File { path: path.display().to_string(), source };
    fs::create_dir_all(path).map_err(error)?;
    temporary::beside(&path.join("try")).map(drop).map_err(error)
}

/// Takes a folder away if there is nothing in it.
pub fn remove_empty_folder(path: &Path) {
    // The system refuses where there is something in it, and nothing is lost where one is left over.
    let _ = fs::remove_dir(path);
}

/// Whether two paths lead to the same file or folder, links followed.
pub fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Size of a file in bytes; 0 where it cannot be read.
pub fn file_size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// The files of a directory with an extension, sorted by name.
pub fn files_with_extension(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let wanted = |path: &PathBuf| path.extension().is_some_and(|own| own == extension);
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(wanted).collect();
    files.sort();
    files
}

/// Opens a regular file for reading from its start.
///
/// # Errors
/// When it cannot be opened, or is no regular file: a pipe could go on for ever.
pub(super) fn open(path: &Path) -> io::Result<BufReader<fs::File>> {
    Ok(BufReader::with_capacity(BUFFER, regular(path)?))
}

/// Whether a file lies in a folder or below, links followed.
///
/// # Errors
/// When it does not, or either is not there.
pub fn stays_in(folder: &Path, path: &Path) -> io::Result<()> {
    match path.canonicalize()?.starts_with(folder.canonicalize()?) {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a link that leads out of its folder; put the file itself there",
        )),
    }
}

/// BLAKE3 of an input, in hex, read piece by piece on all threads of the caller's pool; `see` is shown every piece.
///
/// # Errors
/// When it cannot be read.
pub(super) fn hash(mut input: impl Read, mut see: impl FnMut(&[u8])) -> io::Result<String> {
    let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; BUFFER]);
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finalize().to_hex().to_string()),
            Ok(read) => {
                let piece = buffer.get(..read).unwrap_or_default();
                hasher.update_rayon(piece);
                see(piece);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
    }
}

/// Writes a file so that a reader sees the old one or the new one, and never half of one.
///
/// # Errors
/// When the directory cannot be written or the disk is full; the old file is then untouched.
pub fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    write_with(path, |output| output.write_all(text.as_bytes()))
}

/// [`write_atomically`] for what is written piece by piece; what the writer returns.
///
/// # Errors
/// As there, and what the writer says.
pub fn write_with<T, E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
) -> Result<T, E> {
    let mut file = temporary::beside(path)?;
    let written = {
        let mut output = BufWriter::with_capacity(BUFFER, file.file()?);
        let written = write(&mut output)?;
        output.flush()?;
        written
    };
    file.put_at(path)?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let place = tempfile::tempdir().unwrap();
        let parent = place.path().join("runs");
        let made: Vec<PathBuf> = (0..3).map(|_| new_folder(&parent, "now").unwrap()).collect();
        assert_eq!(made, ["now", "now-2", "now-3"].map(|name| parent.join(name)));
        fs::write(made[1].join("x"), "").unwrap();
        made.iter().for_each(|folder| remove_empty_folder(folder));
        assert_eq!(made.iter().map(|folder| folder.exists()).collect::<Vec<_>>(), [false, true, false]);
        assert!(new_folder(&made[1].join("x"), "now").is_err(), "below a file");
    }
}
