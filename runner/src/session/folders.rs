//! The folders of runs: below one that is named to begin or to continue them, or in a new one named after the time; and how a run
//! in its folder is begun or gone on with.

use crate::{
    engine::reference::ModelReference,
    error::Error,
    store::{self, Journal, RunDirectory, StoreError},
};
use reports::record::Header;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// The folder of the runs when none is named.
const RUNS: &str = "runs";

/// Where the runs of several models are to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// Here, where nothing is yet.
    At(&'a Path),
    /// Where some of them lie already.
    Continued(&'a Path),
    /// In a new folder.
    Anywhere,
}

/// Where the runs of several models lie.
#[derive(Debug)]
pub struct Folders {
    base: PathBuf,
    /// Each model has a folder of its own below the base.
    several: bool,
    resumed: bool,
    /// This command has made the base.
    made: bool,
}

impl Folders {
    /// The folders that are wanted. A new one is made at once.
    ///
    /// # Errors
    /// When there is nothing to go on with, or no folder can be made.
    pub fn of(wanted: Wanted<'_>, models: &[ModelReference]) -> Result<Self, Error> {
        let several = models.len() > 1;
        let at = |base: &Path, resumed| Self { base: base.to_owned(), several, resumed, made: false };
        match wanted {
            Wanted::Continued(base) => {
                let folders = at(base, true);
                folders.have_something_to_continue(models)?;
                Ok(folders)
            }
            Wanted::At(base) => {
                let folders = at(base, false);
                folders.try_out(models)?;
                Ok(folders)
            }
            Wanted::Anywhere => {
                let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
                let base = store::new_folder(Path::new(RUNS), &now)?;
                Ok(Self { base, several, resumed: false, made: true })
            }
        }
    }

    /// Makes the folders of the runs, writes into them and takes them away again, before a model is loaded for nothing.
    fn try_out(&self, models: &[ModelReference]) -> Result<(), StoreError> {
        for model in models {
            let folder = self.directory(model);
            if RunDirectory::at(&folder).exists() {
                return Err(StoreError::Exists(folder.display().to_string()));
            }
            let made: Vec<&Path> = folder.ancestors().take_while(|path| !store::exists(path)).collect();
            let tried = store::try_folder(&folder);
            made.into_iter().for_each(store::remove_empty_folder);
            tried?;
        }
        Ok(())
    }

    fn have_something_to_continue(&self, models: &[ModelReference]) -> Result<(), Error> {
        let base = self.base.display();
        let runs = RunDirectory::below(&self.base);
        if RunDirectory::at(&self.base).exists() {
            return match self.several {
                true => Err(Error::Usage(format!(
                    "{base} is the run of one model; to continue the runs of several, name the folder above it"
                ))),
                false => Ok(()),
            };
        }
        if models.iter().any(|model| self.several && RunDirectory::at(&self.directory(model)).exists()) {
            return Ok(());
        }
        match runs.as_slice() {
            [] => Err(Error::Store(StoreError::NoRun(self.base.display().to_string()))),
            runs => Err(Error::Usage(format!(
                "{base} holds the runs of {}; name the same models with --model to continue them, or one of the folders \
                 and its model",
                runs.join(", ")
            ))),
        }
    }

    /// The directory of a model's run.
    pub fn directory(&self, model: &ModelReference) -> PathBuf {
        if self.several { self.base.join(&model.name) } else { self.base.clone() }
    }

    /// Begins a run, or goes on with it.
    ///
    /// # Errors
    /// When there is a run already, or it is another one, or the folder cannot be written.
    pub(super) fn open(&self, run: &RunDirectory, header: &Header) -> Result<Journal, StoreError> {
        match self.resumed {
            true => match run.resume(header) {
                // Killed before this model's turn came; that there is a run of another one has been seen.
                Err(StoreError::NoRun(_)) if self.several => run.create(header),
                journal => journal,
            },
            false => run.create(header),
        }
    }

    /// The folder of the run, or of the runs of several models.
    pub fn base(&self) -> &Path {
        &self.base
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        if self.made {
            // Nothing came of it where the model could not be loaded.
            store::remove_empty_folder(&self.base);
        }
    }
}

/// That each of several models can have a folder of its name, on any machine.
///
/// # Errors
/// When a name is none for a folder, or two are one.
pub fn named_apart(models: &[ModelReference]) -> Result<(), Error> {
    let mut names: HashMap<String, &str> = HashMap::new();
    for model in models {
        let (name, advice) = (model.name.as_str(), format!("name it, as in `--model new={}`", model.text));
        if !store::is_portable(name) {
            return Err(Error::Usage(format!(
                "a model called `{name}` cannot have a folder of that name; {advice}"
            )));
        }
        match names.insert(store::folded(name), name) {
            Some(other) if other == name => {
                return Err(Error::Usage(format!("two models are called `{name}`; {advice}")));
            }
            Some(other) => {
                return Err(Error::Usage(format!(
                    "two models are called `{other}` and `{name}`, which are one folder on some machines; {advice}"
                )));
            }
            None => {}
        }
    }
    Ok(())
}
