//! The folder of a round: a spec, its script, an undisturbed run of it, and runs that are disturbed.

use crate::spec::Made;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use support::{Finished, command};

/// Names the variable that makes this program the runner itself.
pub(crate) const AS_RUNNER: &str = "GRICE_SOAK_RUNNER";

/// Longer than any of these runs takes on a crowded machine.
const FOR_EVER: Duration = Duration::from_secs(120);

/// Exit codes of a run that came to its end.
pub(crate) fn went_well(code: Option<i32>) -> bool {
    matches!(code, Some(0 | 4))
}

/// The files of an undisturbed run.
pub(crate) struct Whole {
    /// The record.
    pub(crate) journal: Vec<u8>,
    /// The grades.
    pub(crate) scores: Vec<u8>,
    /// How long the run took.
    pub(crate) took: Duration,
}

/// A folder in which everything happens.
pub(crate) struct Bench {
    folder: PathBuf,
    binary: PathBuf,
    concurrency: String,
    whole: Whole,
}

impl Bench {
    /// Writes spec and script into a folder, runs them undisturbed into `whole`, and saves the baseline `v1`.
    pub(crate) fn new(folder: &Path, binary: &Path, made: &Made) -> Result<Self, String> {
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).map_err(said("cannot write"));
        write("spec.yaml", &made.spec)?;
        write("script.yaml", &made.script)?;
        let mut bench = Self {
            folder: folder.to_owned(),
            binary: binary.to_owned(),
            concurrency: made.concurrency.to_string(),
            whole: Whole { journal: Vec::new(), scores: Vec::new(), took: Duration::ZERO },
        };
        let started = Instant::now();
        let finished = bench.finish(bench.run("--out", "whole"))?;
        if !went_well(finished.code) {
            return Err(format!("the undisturbed run failed: {finished:?}"));
        }
        bench.whole.took = started.elapsed();
        let saved = bench.finish(bench.runner(&["baseline", "save", "v1", "whole"]))?;
        if saved.code != Some(0) {
            return Err(format!("no baseline could be saved: {saved:?}"));
        }
        bench.whole.journal = bench.read("whole/journal.jsonl")?;
        bench.whole.scores = bench.read("whole/scores.jsonl")?;
        Ok(bench)
    }

    /// What the undisturbed run left.
    pub(crate) fn whole(&self) -> &Whole {
        &self.whole
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.at(name).exists()
    }

    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        fs::read(self.at(name)).map_err(said(name))
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        fs::write(self.at(name), bytes).map_err(said(name))
    }

    /// Makes `out` a copy of the undisturbed run, whatever was there.
    pub(crate) fn copy_whole(&self) -> Result<(), String> {
        self.clear()?;
        fs::create_dir(self.at("out")).map_err(said("out"))?;
        for entry in fs::read_dir(self.at("whole")).map_err(said("whole"))?.flatten() {
            fs::copy(entry.path(), self.at("out").join(entry.file_name())).map_err(said("out"))?;
        }
        Ok(())
    }

    /// Takes `out` away.
    pub(crate) fn clear(&self) -> Result<(), String> {
        match fs::remove_dir_all(self.at("out")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(said("out")(error)),
            _ => Ok(()),
        }
    }

    /// The program with arguments.
    pub(crate) fn runner(&self, arguments: &[&str]) -> Command {
        let mut command = command(&self.binary.to_string_lossy(), arguments);
        command.current_dir(&self.folder).env(AS_RUNNER, "1").stdin(Stdio::null());
        command
    }

    /// The arguments of the run: `place` is `--out` or `--resume`.
    pub(crate) fn arguments<'a>(&'a self, place: &'a str, folder: &'a str) -> Vec<&'a str> {
        let model = ["run", "spec.yaml", "--model", "scripted:script.yaml"];
        [&model[..], &["--concurrency", &self.concurrency, place, folder]].concat()
    }

    /// The run.
    pub(crate) fn run(&self, place: &str, folder: &str) -> Command {
        self.runner(&self.arguments(place, folder))
    }

    /// How to go on with `out`: it may have been ended before there was a journal.
    pub(crate) fn place(&self) -> &'static str {
        if self.exists("out/journal.jsonl") { "--resume" } else { "--out" }
    }

    /// Runs a command to its end; a fault if it does not come.
    pub(crate) fn finish(&self, mut command: Command) -> Result<Finished, String> {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        finish(child.map_err(said("cannot start"))?)
    }

    /// Continues `out` and compares it with the undisturbed run: every byte of the record and of the grades, and nothing half
    /// left over.
    pub(crate) fn continues(&self) -> Result<(), String> {
        let finished = self.finish(self.run(self.place(), "out"))?;
        if !went_well(finished.code) {
            return Err(format!("it cannot be continued: {finished:?}"));
        }
        self.is_whole()
    }

    /// Compares `out` with the undisturbed run.
    pub(crate) fn is_whole(&self) -> Result<(), String> {
        for (name, whole) in
            [("out/journal.jsonl", &self.whole.journal), ("out/scores.jsonl", &self.whole.scores)]
        {
            let own = self.read(name)?;
            if own != *whole {
                let at = own.iter().zip(whole).take_while(|(one, other)| one == other).count();
                return Err(format!(
                    "{name} differs from that of the undisturbed run from byte {at} on ({} bytes, {} undisturbed)",
                    own.len(),
                    whole.len()
                ));
            }
        }
        for entry in fs::read_dir(self.at("out")).map_err(said("out"))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(".grice-") {
                return Err(format!("{} was left over", entry.path().display()));
            }
        }
        Ok(())
    }
}

/// Waits for a program's end; one that does not come is a fault, and the program is killed.
pub(crate) fn finish(mut child: Child) -> Result<Finished, String> {
    let id = child.id();
    let (out, error) = (drained(child.stdout.take()), drained(child.stderr.take()));
    let started = Instant::now();
    let status = loop {
        match child.try_wait().map_err(said("cannot wait"))? {
            Some(status) => break status,
            None if started.elapsed() > FOR_EVER => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("process {id} did not end within {} s", FOR_EVER.as_secs()));
            }
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
    };
    Ok(Finished { code: status.code(), stdout: text(out), stderr: text(error) })
}

/// Reads a pipe to its end on a thread of its own, so that it never fills up.
fn drained(pipe: Option<impl io::Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is shown all the same.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        bytes
    })
}

/// What the system said of something.
pub(crate) fn said(what: &str) -> impl FnOnce(io::Error) -> String {
    move |error| format!("{what}: {error}")
}
