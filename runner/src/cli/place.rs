//! Where the runs of a command lie (below `--out`, below `--resume`, or in a folder named after the time), how they are
//! begun or gone on with, and the command that goes on with them.

use super::{args::RunArgs, output};
use crate::{
    engine::reference::ModelReference,
    error::Error,
    store::{self, Journal, RunDirectory, StoreError},
};
use reports::record::Header;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The folder of the runs when none is named.
const RUNS: &str = "runs";

/// Where the runs of a command lie.
pub(super) struct Place {
    base: PathBuf,
    /// Each model has a folder of its own below the base.
    several: bool,
    resumed: bool,
    /// This command has made the base.
    made: bool,
}

impl Place {
    /// The place that the arguments name, or a new folder.
    ///
    /// # Errors
    /// When there is nothing to go on with, or no folder can be made.
    pub(super) fn of(arguments: &RunArgs, models: &[ModelReference]) -> Result<Self, Error> {
        let several = models.len() > 1;
        let place = |base: &Path, resumed| Self { base: base.to_owned(), several, resumed, made: false };
        match (&arguments.resume, &arguments.out) {
            (Some(base), _) => {
                let place = place(base, true);
                place.has_something_to_resume(models)?;
                Ok(place)
            }
            (None, Some(base)) => {
                let place = place(base, false);
                place.try_out(models)?;
                Ok(place)
            }
            (None, None) => {
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

    fn has_something_to_resume(&self, models: &[ModelReference]) -> Result<(), Error> {
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
    pub(super) fn directory(&self, model: &ModelReference) -> PathBuf {
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

    /// Tells how to run the trials again that failed.
    pub(super) fn failed(&self) {
        let command = self.command();
        output::note(&format!("generations failed; run those trials again with\n  {command}"));
    }

    /// The folder of the run, or of the runs of several models.
    pub(super) fn folder(&self) -> &Path {
        &self.base
    }

    /// The command that goes on.
    pub(super) fn command(&self) -> String {
        continuing(std::env::args_os(), &self.base)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.made {
            // Nothing came of it where the model could not be loaded.
            store::remove_empty_folder(&self.base);
        }
    }
}

/// The command that goes on with what the one with these arguments began, to be typed into a shell.
fn continuing(arguments: impl IntoIterator<Item = OsString>, base: &Path) -> String {
    let mut arguments = arguments.into_iter().map(|argument| argument.to_string_lossy().into_owned());
    let mut kept = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--" => {
                kept.push(argument);
                break;
            }
            "--out" | "--resume" => drop(arguments.next()),
            text if text.starts_with("--out=") || text.starts_with("--resume=") => {}
            _ => kept.push(argument),
        }
    }
    let place = kept.len() - usize::from(kept.last().is_some_and(|last| last == "--"));
    drop(kept.splice(place..place, ["--resume".to_owned(), base.to_string_lossy().into_owned()]));
    kept.extend(arguments);
    kept.iter().map(|argument| quoted(argument)).collect::<Vec<_>>().join(" ")
}

/// An argument as a shell takes it for one.
fn quoted(argument: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,@%+".contains(&byte);
    match !argument.is_empty() && argument.bytes().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(arguments: &[&str]) -> String {
        continuing(arguments.iter().map(OsString::from), Path::new("runs/x y"))
    }

    #[test]
    fn the_command_that_goes_on_is_the_same_but_for_the_place() {
        assert_eq!(
            said(&["grice", "specs", "--model", "a", "--out", "runs/x y", "--model", "b=c"]),
            "grice specs --model a --model b=c --resume 'runs/x y'"
        );
        assert_eq!(said(&["grice", "run", "--resume=elsewhere", "s"]), "grice run s --resume 'runs/x y'");
        assert_eq!(said(&["grice", "--out=o", "--", "-s"]), "grice --resume 'runs/x y' -- -s");
        assert_eq!(
            said(&["grice", "s", "--filter", "arm!='a'"]),
            r"grice s --filter 'arm!='\''a'\''' --resume 'runs/x y'"
        );
    }
}
