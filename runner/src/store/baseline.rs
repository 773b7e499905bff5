//! The folder of baselines: a file each, named after it.

use super::{
    disk,
    error::StoreError,
    names::{folder_of, is_portable},
};
use reports::{
    baseline::{BaselineReader, BaselineWriter},
    record::Header,
};
use std::{
    fs::{self, File},
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
};

/// Where baselines are kept unless the user says otherwise.
pub const BASELINES: &str = "baselines";
/// How the file of a baseline ends.
const EXTENSION: &str = "jsonl";
/// Characters that a name may have.
const LONGEST: usize = 100;

/// A folder of baselines.
#[derive(Clone, Debug)]
pub struct Baselines {
    folder: PathBuf,
}

impl Baselines {
    /// The baselines in a folder, which need not exist yet.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a baseline can have this name: letters and digits of ASCII, `.`, `-` and `_`, the first a letter or
    /// digit, and not the name of a device of some system, so that it is a file name everywhere and never a path.
    pub fn is_name(name: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        name.len() <= LONGEST
            && name.bytes().all(plain)
            && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
            && is_portable(name)
    }

    /// A baseline whose name is this one but for capital letters, which some file systems take for the same.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn alike(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.names()?.into_iter().find(|other| other != name && other.eq_ignore_ascii_case(name)))
    }

    /// The file of a baseline; none where the name cannot be one.
    pub fn file(&self, name: &str) -> Option<PathBuf> {
        Self::is_name(name).then(|| self.folder.join(format!("{name}.{EXTENSION}")))
    }

    /// Whether there is such a baseline.
    pub fn contains(&self, name: &str) -> bool {
        self.file(name).is_some_and(|file| file.is_file())
    }

    /// The names of all baselines, sorted; none where there is no folder.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>, StoreError> {
        let error = |source| StoreError::File { path: self.folder.display().to_string(), source };
        let entries = match fs::read_dir(&self.folder) {
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(error)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(error)?.path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let ours = path.extension().is_some_and(|extension| extension == EXTENSION);
            if ours && Self::is_name(name) && path.is_file() {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Writes a baseline in one go, and the folder where there is none; what `fill` returns. When `fill` fails, an older
    /// baseline is untouched.
    ///
    /// # Errors
    /// When the folder cannot be written, and what `fill` says.
    pub fn save<T, E: From<StoreError>>(
        &self,
        file: &Path,
        (header, journal, transcripts): (Header, String, bool),
        fill: impl FnOnce(&mut BaselineWriter<&mut (dyn Write + Send)>) -> Result<T, E>,
    ) -> Result<T, E> {
        let error = |source| StoreError::File { path: file.display().to_string(), source };
        fs::create_dir_all(&self.folder).map_err(error)?;
        let written: Result<T, Failed<E>> = disk::write_with(file, |output| {
            let mut writer = BaselineWriter::new(output, header, journal, transcripts)?;
            let filled = fill(&mut writer).map_err(Failed::Fill)?;
            writer.finish()?;
            Ok(filled)
        });
        written.map_err(|failed| match failed {
            Failed::Fill(error) => error,
            Failed::Write(source) => error(source).into(),
        })
    }

    /// Opens the baseline in a file.
    ///
    /// # Errors
    /// When it is none, or of a newer format, or cannot be read.
    pub fn open(file: &Path) -> Result<BaselineReader<BufReader<File>>, StoreError> {
        let path = || file.display().to_string();
        let input = disk::stays_in(folder_of(file), file).and_then(|()| disk::open(file));
        let input = input.map_err(|source| StoreError::File { path: path(), source })?;
        BaselineReader::new(input).map_err(|source| StoreError::Baseline { path: path(), source })
    }
}

/// Whether the file or its contents were the trouble.
enum Failed<E> {
    Write(io::Error),
    Fill(E),
}

impl<E> From<io::Error> for Failed<E> {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

#[cfg(test)]
mod tests {
    use super::Baselines;

    #[test]
    fn names_are_file_names_everywhere() {
        for name in ["v1", "release-1.0_rc.2", "2026"] {
            assert!(Baselines::is_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            ".hidden",
            "-x",
            "a/b",
            "a\\b",
            "a b",
            "ä",
            "a\0",
            "../x",
            "CON",
            "nul",
            "v1.",
            &"x".repeat(101),
        ] {
            assert!(!Baselines::is_name(name), "{name}");
        }
    }
}
