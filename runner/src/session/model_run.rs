//! The run of one model: its journal is open, its engine is loaded, and plans extend it.

use super::{
    shared::Session,
    timing::{Counting, Times},
};
use crate::{
    engine::{Engine, limiter::Limiter},
    error::Error,
    event::{Event, Observer, Share},
    execute::{self, Context, Planned, Players, Wish},
    provenance,
    spec::{Plan, Probe, plan},
    store::{Finished, Journal, JournalError, RunDirectory, TIMING},
};
use reports::record::{FORMAT_VERSION, Header, MINOR_VERSION, ProbeRecord, RecordError, TrialRecord};
use std::{sync::Arc, time::Instant};

/// The run of one model, open for more trials.
pub struct ModelRun<'s> {
    session: &'s Session,
    players: Players,
    directory: RunDirectory,
    header: Header,
    journal: Journal,
    times: Times,
    /// Whether any trial was still to run.
    ran: bool,
    /// Where in the journal the trials begin that nobody has seen yet.
    unseen: u64,
}

/// A run that has come to its end. As long as this lives nobody else goes on with it, so that views of it are views of the whole.
#[must_use]
pub struct FinishedRun {
    directory: RunDirectory,
    _journal: Finished,
    /// The engines go last: should the end of a process or of a card take this program with it, the views are there.
    _players: Players,
}

impl<'s> ModelRun<'s> {
    pub(super) fn new(
        session: &'s Session,
        players: Players,
        directory: RunDirectory,
        header: Header,
        journal: Journal,
    ) -> Self {
        let times = Times::begin();
        Self { session, players, directory, header, journal, times, ran: false, unseen: 0 }
    }

    /// The model's name in reports.
    pub fn name(&self) -> &str {
        &self.header.model().name
    }

    /// What the record says of the run by now.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Where the run lies.
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// How many trials had failed before and are run again.
    pub fn again(&self) -> usize {
        self.journal.again()
    }

    /// Samples of the case of a probe that has most of them.
    pub fn samples(&self, probe: &str) -> u32 {
        self.journal.samples(probe)
    }

    /// What whoever started the run should know of how it went, beside the record.
    pub fn notes(&self) -> Vec<String> {
        self.players.model().notes()
    }

    /// Runs what the plan has and the journal lacks, and keeps every trial that comes to its end; whether all have. The probes are
    /// those of the beginning, with more samples at most.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn extend(
        &mut self,
        probes: &[Probe],
        plan: &Plan,
        observer: &dyn Observer,
    ) -> Result<bool, Error> {
        let Session { options, purse, stop } = self.session;
        self.header.probes = records(&self.players, probes);
        let journal = &mut self.journal;
        let (todo, shares) = outstanding(probes, plan, |planned| journal.contains(&planned.key));
        self.ran |= !todo.is_empty();
        let todo = todo.into_iter().filter_map(|place| plan.trial(probes, place));
        observer.notice(Event::Begins { probes: &shares });
        let (counting, started) = (Counting::new(observer), Instant::now());
        // One per extension: the time between two of them is nobody's.
        let concurrency =
            options.concurrency.unwrap_or_else(|| self.players.model().worthwhile_concurrency());
        let limited = |engine: &Arc<dyn Engine>, most| {
            Arc::new(Limiter::new(Arc::clone(engine)).at_most(most).spending(purse, stop))
        };
        let limiter = limited(self.players.model(), concurrency);
        let players = self.players.within(Arc::clone(&limiter) as Arc<dyn Engine>, |engine| {
            limited(engine, options.concurrency.unwrap_or_else(|| engine.worthwhile_concurrency()))
        });
        let context = Context { players, probes, seed: options.seed, concurrency, observer: &counting, stop };
        let keep = |trial| -> Result<(), JournalError> { journal.append(trial) };
        let complete = execute::execute(&context, todo, keep).await?;
        observer.notice(Event::Ends);
        self.times.add(started.elapsed(), &counting, limiter.load());
        // A limit that was reached with the last trial has cut nothing off.
        let all = || plan.trials(probes).all(|planned| self.journal.contains(&planned.key));
        Ok(complete || (stop.wish() != Some(Wish::Interrupted) && all()))
    }

    /// The trials that have come since they were last [`seen`](Self::seen), in the order in which they came to their end.
    pub fn unseen(&self) -> impl Iterator<Item = Result<TrialRecord, RecordError>> {
        self.journal.trials_from(self.unseen)
    }

    /// Takes note that somebody has seen all trials that there are.
    pub fn seen(&mut self) {
        self.unseen = self.journal.end();
    }

    /// Puts the journal into the order of the plan, and writes the times beside it.
    ///
    /// # Errors
    /// When the folder cannot be written; the journal is then still there as it was.
    pub fn finish(mut self, probes: &[Probe], plan: &Plan) -> Result<FinishedRun, Error> {
        if self.header.probes.iter().any(|probe| probe.first_look.is_some()) {
            // Their samples may have grown since the journal was begun.
            self.journal.set_header(&self.header)?;
        }
        let journal = self.journal.finish(plan.trials(probes).map(|planned| planned.key))?;
        // A run that was complete already keeps the times that it took.
        if self.ran || self.directory.read(TIMING).is_none() {
            self.directory.write(TIMING, &self.times.text()?)?;
        }
        Ok(FinishedRun { directory: self.directory, _journal: journal, _players: self.players })
    }
}

impl FinishedRun {
    /// Where it lies.
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }
}

/// What the record says of a run.
pub(super) fn header(players: &Players, seed: u64, probes: &[Probe]) -> Header {
    Header {
        format: FORMAT_VERSION,
        grice: provenance::grice(),
        minor: MINOR_VERSION,
        cast: players.cast(),
        seed,
        shard: None,
        probes: records(players, probes),
    }
}

/// What the record says of the probes: a model that cannot couple its draws has not coupled them.
fn records(players: &Players, probes: &[Probe]) -> Vec<ProbeRecord> {
    let couple = players.model().facts().couples;
    let record_of = |probe: &Probe| {
        let mut record = probe.record.clone();
        if !couple {
            record.uncouple();
        }
        record
    };
    probes.iter().map(record_of).collect()
}

/// Where the trials stand that are still to run, and each probe's share of the plan.
fn outstanding(
    probes: &[Probe],
    plan: &Plan,
    finished: impl Fn(&Planned) -> bool,
) -> (Vec<plan::TrialIndex>, Vec<Share>) {
    let share = |probe: &Probe| Share { probe: probe.record.id.clone(), trials: 0, finished: 0 };
    let mut shares: Vec<Share> = probes.iter().map(share).collect();
    let mut todo = Vec::new();
    for place in plan.places() {
        let Some(planned) = plan.trial(probes, place) else { continue };
        let done = finished(&planned);
        if let Some(share) = shares.get_mut(planned.probe) {
            share.trials += 1;
            share.finished += u64::from(done);
        }
        if !done {
            todo.push(place);
        }
    }
    (todo, shares)
}
