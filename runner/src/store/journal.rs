//! The journal file: appended to as trials finish, put into the order of the plan at the end.

use super::{
    again,
    error::JournalError,
    index::Index,
    lines::{self, Span},
    lock,
    names::folder_of,
    temporary,
};
use reports::record::{
    Chain, EngineIdentity, GriceIdentity, Header, Line, ProbeRecord, Reader, RecordError, TrialKey,
    TrialRecord,
};
use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
    fs::{File, OpenOptions},
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

/// A journal that is open for appending; the file is locked as long as it lives.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes that are known to be whole lines.
    length: u64,
    /// The checksum of the last line.
    chain: Chain,
    /// Where each finished trial stands.
    index: Index,
    /// The JSON of the header.
    header: String,
    /// Trials that had failed and are to be run again.
    again: usize,
}

impl Journal {
    /// Starts a journal. Its file must not exist yet.
    ///
    /// # Errors
    /// When it exists or cannot be written.
    pub fn create(path: &Path, header: &Header) -> Result<Self, JournalError> {
        let error = |source| JournalError::Write { path: path.display().to_string(), source };
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(path).map_err(error)?;
        match lock::journal(&file, path)? {
            true => Self::begin(path, file, header),
            false => Err(JournalError::Locked(path.display().to_string())),
        }
    }

    /// Writes the header into an empty file.
    fn begin(path: &Path, file: File, header: &Header) -> Result<Self, JournalError> {
        let header = json(header);
        let header =
            header.map_err(|source| JournalError::Write { path: path.display().to_string(), source })?;
        let mut chain = Chain::default();
        let first = chain.seal(&header);
        let path = path.to_owned();
        let mut journal = Self { path, file, length: 0, chain, index: Index::default(), header, again: 0 };
        journal.write(&first)?;
        Ok(journal)
    }

    /// Continues a journal that was cut off, even in the middle of a line. A journal that is complete
    /// can be continued too. Trials that an engine or a time limit broke count as not run yet; they leave the file, which
    /// is replaced at once, before anything is added. So is a journal of an older format, by one of this format.
    ///
    /// # Errors
    /// When it cannot be read, or was made of other specs, by another model or with another seed.
    pub fn resume(path: &Path, header: &Header) -> Result<Self, JournalError> {
        let shown = || path.display().to_string();
        let error = |source| JournalError::Write { path: shown(), source };
        let file = loop {
            let file = OpenOptions::new().read(true).append(true).open(path).map_err(error)?;
            if lock::journal(&file, path)? {
                break file;
            }
        };
        temporary::remove_left_over(folder_of(path));
        let record_error = |source| JournalError::Record { path: shown(), source };
        let opened = Reader::new(BufReader::new(&file));
        if matches!(opened, Err(RecordError::Empty)) {
            drop(opened);
            // Killed while the header was being written: nothing was done yet.
            file.set_len(0).map_err(error)?;
            return Self::begin(path, file, header);
        }
        let mut reader = opened.map_err(record_error)?;
        if let Some((what, values)) = difference(reader.header(), header) {
            return Err(JournalError::Different { path: shown(), what, values });
        }
        let (protected, first) = (reader.protected(), reader.place());
        let first = Span {
            start: first.1,
            length: (first.2 - first.1) as usize,
            above: protected.then(Chain::default),
        };
        let current = reader.current();
        let stored = brought_up_to_date(reader.header(), header);
        let mut index = Index::default();
        let mut due = HashSet::new();
        // What is kept ends with the last trial: neither half a line nor the end of a complete record.
        let (mut length, mut chain) = (first.start + first.length as u64, reader.checksum());
        let known = Known::of(&stored);
        while let Some(trial) = reader.next() {
            let trial = trial.map_err(record_error)?;
            let is_due = again::is_due(&trial);
            let key = trial.key;
            let (number, start, end) = reader.place();
            if !known.has(&key) {
                let reason = format!("the header does not know the trial {key}");
                return Err(record_error(RecordError::Corrupt { line: number, reason }));
            }
            if index.contains(&key) || due.contains(&key) {
                let doubled = RecordError::Doubled { line: number, key: Box::new(key) };
                return Err(record_error(doubled));
            }
            if is_due {
                due.insert(key);
            } else {
                index.insert(&key, Span { start, length: (end - start) as usize, above: chain });
            }
            (length, chain) = (end, reader.checksum());
        }
        drop(reader);
        let header = match current {
            true => first.read(&mut &file, &mut Vec::new()).map(ToOwned::to_owned),
            false => json(&stored),
        };
        let header = header.map_err(error)?;
        let path = path.to_owned();
        if let (true, true, Some(chain)) = (current, due.is_empty(), chain) {
            file.set_len(length).map_err(error)?;
            return Ok(Self { path, file, length, chain, index, header, again: 0 });
        }
        let journal = Self { path, file, length, chain: Chain::default(), index, header, again: due.len() };
        journal.rewritten().map_err(error)
    }

    /// The journal with nothing in it but its header and the trials that it knows, in the order in which they stand. The
    /// new file, which is locked since it was made, takes the place of the old one at once or not at all.
    fn rewritten(mut self) -> io::Result<Self> {
        let mut kept = temporary::beside(&self.path)?;
        self.chain = Chain::default();
        {
            let mut output = BufWriter::new(kept.file()?);
            let first = self.chain.seal(&self.header);
            output.write_all(first.as_bytes())?;
            let place = (first.len() as u64, &mut self.chain);
            let spans = self.index.from(0);
            let spans = lines::copy(&mut BufReader::new(&self.file), spans, &mut output, place)?;
            output.flush()?;
            self.length = spans.last().map_or(first.len() as u64, |span| span.start + span.length as u64);
            self.index.move_to(spans);
        }
        self.file = kept.put_at(&self.path)?;
        Ok(self)
    }

    /// How many trials had failed and are to be run again.
    pub fn again(&self) -> usize {
        self.again
    }

    /// Whether a trial is finished already.
    pub fn contains(&self, key: &TrialKey) -> bool {
        self.index.contains(key)
    }

    /// Samples of the case of a probe that has most of them, as their numbers tell.
    pub fn samples(&self, probe: &str) -> u32 {
        self.index.samples(probe)
    }

    /// How many bytes there are: where the next trial will begin.
    pub fn end(&self) -> u64 {
        self.length
    }

    /// The trials that begin at this byte or behind it, one after another, in the order in which they finished.
    pub fn trials_from(&self, start: u64) -> impl Iterator<Item = Result<TrialRecord, RecordError>> {
        let (mut input, mut buffer) = (BufReader::new(&self.file), Vec::new());
        self.index.from(start).into_iter().map(move |span| {
            let text = span.read(&mut input, &mut buffer)?;
            match serde_json::from_str(text).map_err(io::Error::from)? {
                Line::Trial(trial) => Ok(*trial),
                Line::Run(_) | Line::End { .. } => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
            }
        })
    }

    /// Replaces the header that [`Self::finish`] writes: of a run whose samples have grown since it began.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn set_header(&mut self, header: &Header) -> Result<(), JournalError> {
        self.header = json(header).map_err(|source| self.error(source))?;
        Ok(())
    }

    /// How many trials are finished.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether no trial is finished.
    pub fn is_empty(&self) -> bool {
        self.index.len() == 0
    }

    /// Adds a finished trial; it is with the operating system when this returns.
    ///
    /// # Errors
    /// When the disk is full, say. The journal then ends with the trial before.
    pub fn append(&mut self, trial: TrialRecord) -> Result<(), JournalError> {
        let key = trial.key.clone();
        let mut chain = self.chain;
        let text =
            Line::Trial(Box::new(trial)).sealed(&mut chain).map_err(|source| self.error(source.into()))?;
        let span = Span { start: self.length, length: text.len(), above: Some(self.chain) };
        self.write(&text)?;
        self.chain = chain;
        self.index.insert(&key, span);
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), JournalError> {
        if let Err(source) = self.file.write_all(text.as_bytes()) {
            // Half a line may have reached the file; what is there already must stay whole.
            let _ = self.file.set_len(self.length);
            return Err(self.error(source));
        }
        self.length += text.len() as u64;
        Ok(())
    }

    fn error(&self, source: io::Error) -> JournalError {
        JournalError::Write { path: self.path.display().to_string(), source }
    }

    /// Puts the trials into the given order and closes the journal, so that equal runs leave equal
    /// files whatever finished first. The journal is replaced at once or not at all. Nobody else goes on with it while what is given back
    /// lives: whoever makes views of it makes them of the whole.
    ///
    /// # Errors
    /// When the ordered copy cannot be written; the journal is then still there as it was.
    pub fn finish(mut self, order: impl IntoIterator<Item = TrialKey>) -> Result<Finished, JournalError> {
        let result = self.write_ordered(order);
        result.map(Finished).map_err(|source| self.error(source))
    }

    fn write_ordered(&mut self, order: impl IntoIterator<Item = TrialKey>) -> io::Result<File> {
        let mut ordered = temporary::beside(&self.path)?;
        {
            let mut output = BufWriter::new(ordered.file()?);
            let mut chain = Chain::default();
            output.write_all(chain.seal(&self.header).as_bytes())?;
            let spans = order.into_iter().filter_map(|key| self.index.get(&key));
            let copied = lines::copy(&mut BufReader::new(&self.file), spans, &mut output, (0, &mut chain))?;
            let end = Line::End { trials: copied.len() as u64 };
            output.write_all(end.sealed(&mut chain)?.as_bytes())?;
            output.flush()?;
        }
        ordered.put_at(&self.path)
    }
}

/// A whole journal, locked until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Finished(#[expect(dead_code, reason = "the lock ends with the file")] File);

/// The cases and arms of the probes of a header.
struct Known<'a>(HashMap<&'a str, (HashSet<&'a str>, HashSet<&'a str>)>);

impl<'a> Known<'a> {
    fn of(header: &'a Header) -> Self {
        let of_probe = |probe: &'a ProbeRecord| {
            let cases = probe.cases.iter().map(|case| case.id.as_str()).collect();
            let arms = probe.arms.keys().map(String::as_str).collect();
            (probe.id.as_str(), (cases, arms))
        };
        Self(header.probes.iter().map(of_probe).collect())
    }

    fn has(&self, key: &TrialKey) -> bool {
        self.0.get(key.probe.as_str()).is_some_and(|(cases, arms)| {
            cases.contains(key.case.as_str()) && (arms.contains(key.arm.as_str()) || key.arm.is_empty())
        })
    }
}

/// The JSON of a header's line.
fn json(header: &Header) -> io::Result<String> {
    Ok(serde_json::to_string(&Line::Run(Box::new(header.clone())))?)
}

/// A stored header as one of today. The dialogues that one from before they were kept is without are those of the run that continues
/// it, which has the same specs.
fn brought_up_to_date(stored: &Header, new: &Header) -> Header {
    let mut header = stored.clone();
    for probe in header.probes.iter_mut().filter(|probe| probe.dialogues.is_empty()) {
        if let Some(same) = new.probes.iter().find(|new| new.id == probe.id) {
            probe.dialogues.clone_from(&same.dialogues);
        }
    }
    header
}

/// What differs between a stored header and the one of the run that is to continue it, and both values where that helps.
fn difference(old: &Header, new: &Header) -> Option<(&'static str, String)> {
    let (model, other) = (old.model(), new.model());
    let [date, other_date] = [model, other].map(|model| model.date().unwrap_or("none"));
    let file = model.unlike_files(other).into_iter().next();
    let checks = [
        (same_grice(&old.grice, &new.grice), "Grice", values(&grice(&old.grice), &grice(&new.grice))),
        (old.seed == new.seed, "seed", values(&old.seed, &new.seed)),
        (
            model.bare_reference() == other.bare_reference(),
            "model",
            values(&model.reference, &other.reference),
        ),
        (model.weights == other.weights, "model", "; its weights are others".to_owned()),
        (model.adapter == other.adapter, "adapter", "; its files are others".to_owned()),
        (file.is_none(), "model", file.map_or_else(String::new, |file| format!("; its {file} is another"))),
        (model.tokenizer == other.tokenizer, "tokenizer", String::new()),
        (model.chat_template == other.chat_template, "chat template", String::new()),
        (date == other_date, "date (--date)", values(&date, &other_date)),
        (
            same_engine(old.engine(), new.engine()),
            "engine",
            values(&engine(old.engine()), &engine(new.engine())),
        ),
        (old.cast.others == new.cast.others, "cast beside the model", String::new()),
        (old.shard == new.shard, "part of a run", String::new()),
        (same_looks(old, new), "way of fixing the samples (--until-decided, --samples)", String::new()),
        (same_draws(old, new), "way of drawing tokens (`coupling`, --no-coupling)", String::new()),
        (same_sampling(old, new), "sampling (the specs', --temperature and the like)", String::new()),
        (same_probes(old, new), "set of specs or what `--filter` leaves of it", String::new()),
    ];
    checks.into_iter().find_map(|(same, what, values)| (!same).then_some((what, values)))
}

/// Whether the check before the first trial was left out once and not the other time, the replies are the same.
fn same_engine(old: &EngineIdentity, new: &EngineIdentity) -> bool {
    *old == EngineIdentity { check: old.check, ..new.clone() }
}

/// Whether the probes that both have draw their tokens alike.
fn same_draws(old: &Header, new: &Header) -> bool {
    let drawn = |probe: &ProbeRecord| probe.sampling.coupling;
    old.probes.iter().all(|one| {
        let other = new.probes.iter().find(|other| other.id == one.id);
        other.is_none_or(|other| drawn(one) == drawn(other))
    })
}

/// Whether the probes that both have sample alike.
fn same_sampling(old: &Header, new: &Header) -> bool {
    old.probes.iter().all(|one| {
        let other = new.probes.iter().find(|other| other.id == one.id);
        other.is_none_or(|other| (&one.sampling, one.resampled) == (&other.sampling, other.resampled))
    })
}

fn values(old: &dyn Display, new: &dyn Display) -> String {
    format!(" (it was {old}, now it is {new})")
}

/// Whether one Grice may go on with what another began: a record names one. Where a commit is unknown, the version decides.
fn same_grice(old: &GriceIdentity, new: &GriceIdentity) -> bool {
    let known = old.commit.is_some() && new.commit.is_some();
    old.version == new.version && (!known || old.commit == new.commit)
}

fn grice(identity: &GriceIdentity) -> String {
    match &identity.commit {
        Some(commit) => format!("version {} of commit {commit}", identity.version),
        None => format!("version {}", identity.version),
    }
}

fn engine(identity: &EngineIdentity) -> String {
    let mut parts =
        vec![format!("{} {}", identity.name, identity.version), identity.device.clone(), identity.numbers()];
    parts.extend(identity.context.map(|tokens| format!("context {tokens}")));
    parts.extend(identity.driver.as_ref().map(|version| format!("driver {version}")));
    parts.extend(identity.attention.as_ref().map(|name| format!("{name} attention")));
    parts.join(", ")
}

/// Whether the probes that both have fix their samples in the same way.
fn same_looks(old: &Header, new: &Header) -> bool {
    let partner = |probe: &ProbeRecord| new.probes.iter().find(|other| other.id == probe.id);
    old.probes.iter().all(|probe| partner(probe).is_none_or(|other| other.first_look == probe.first_look))
}

/// Whether two headers have the same probes; where samples are added until something is decided, their number may
/// differ.
fn same_probes(old: &Header, new: &Header) -> bool {
    let same = |(old, new): (&ProbeRecord, &ProbeRecord)| {
        let samples = if new.first_look.is_some() { new.samples } else { old.samples };
        // A record from before dialogues were kept has the text of its spec alone.
        let dialogues = if old.dialogues.is_empty() { &new.dialogues } else { &old.dialogues };
        ProbeRecord { samples, dialogues: dialogues.clone(), ..old.clone() } == *new
    };
    old.probes.len() == new.probes.len() && old.probes.iter().zip(&new.probes).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_grice_goes_on_with_what_another_began_only_if_it_is_the_same() {
        let of = |version: &str, commit: Option<&str>| GriceIdentity {
            version: version.to_owned(),
            commit: commit.map(ToOwned::to_owned),
        };
        let old = of("1.0.0", Some("aa"));
        for (new, same) in [
            (of("1.0.0", Some("aa")), true),
            (of("1.0.0", None), true),
            (of("1.0.0", Some("bb")), false),
            (of("1.0.0", Some("aa-dirty")), false),
            (of("1.0.1", Some("aa")), false),
            (of("1.0.1", None), false),
        ] {
            assert_eq!((same_grice(&old, &new), same_grice(&new, &old)), (same, same), "{new:?}");
        }
        assert_eq!(values(&grice(&old), &"that"), " (it was version 1.0.0 of commit aa, now it is that)");
    }
}
