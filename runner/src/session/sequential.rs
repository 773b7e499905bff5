//! Runs that get more samples in batches until every gated metric has a verdict or the budget ends.
//!
//! All models stay loaded, and every one of them gets the same samples. Sample numbers go on from where they were and seeds come
//! from them, so a run that was extended to n samples has the trials of one that had n from the start. The record says
//! where the first look was (`first_look`), and every comparison of it uses intervals that hold whenever one stops.
//! A look grades what has come since the look before; the grades of the others are kept.
//!
//! How looks grow is in [`super::looks`], the statistics in `scorers::metric::anytime`, the verdicts in `reports::compare`.

use super::{Looks, ModelRun};
use crate::{
    error::Error,
    event::Observer,
    grading::Failed,
    parallel,
    policy::PolicyFile,
    spec::{Diagnostic, Filter, Plan, Probe},
};
use reports::{CompareError, Comparison, GateOutcome, Side, compare::CompareOptions, grade::Grader};

/// What runs grow by.
pub struct Sequential<'a> {
    /// The policy that says which metrics are to be decided.
    pub gate: &'a PolicyFile,
    /// How many samples every look has.
    pub looks: &'a Looks,
    /// Which trials are run; none for all.
    pub filter: Option<&'a Filter>,
}

/// One look at runs that grow.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Which, from 1.
    pub number: u32,
    /// What the gate makes of what is there.
    pub outcome: &'a GateOutcome,
    /// Whether another one follows, with more samples.
    pub more: bool,
}

/// Listens to runs that grow.
pub trait Watch {
    /// Who listens to the next batch of a model.
    fn batch(&self, model: &str) -> Box<dyn Observer>;

    /// Takes note of a look.
    fn looked(&self, look: &Look<'_>);
}

/// What the last look has found.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The first model against all others.
    pub comparison: Comparison,
    /// What the gate makes of it.
    pub outcome: GateOutcome,
    /// All trials of the runs.
    pub plan: Plan,
}

impl Sequential<'_> {
    /// Whether the policy speaks of metrics that the runs have, and their cases could decide every rule of it; if not, what is wrong
    /// at which place.
    ///
    /// # Errors
    /// When what the runs ask cannot be graded.
    pub fn fits(&self, runs: &[ModelRun<'_>]) -> Result<Result<(), Vec<Diagnostic>>, Error> {
        let sides = sides(runs)?;
        Ok(self.gate.check(&sides).and_then(|()| self.gate.decidable(&sides)))
    }

    /// Extends the runs, looks, and goes on until nothing is open or the budget ends; none where it was interrupted. The first run
    /// is what the others are compared with.
    ///
    /// # Errors
    /// When a journal cannot be written or read, or the runs do not measure the same.
    pub async fn until_decided(
        &self,
        runs: &mut [ModelRun<'_>],
        probes: &mut [Probe],
        watch: &dyn Watch,
    ) -> Result<Option<Decision>, Error> {
        let mut sides = sides(runs)?;
        self.looks.resume(runs, probes);
        let mut number = 0;
        loop {
            number += 1;
            let plan = Plan::of(probes, self.filter);
            for run in &mut *runs {
                let observer = watch.batch(run.name());
                if !run.extend(probes, &plan, observer.as_ref()).await? {
                    return Ok(None);
                }
            }
            for (run, side) in runs.iter_mut().zip(&mut sides) {
                grade(run, side)?;
            }
            let (comparison, outcome) = self.judge(&sides)?;
            let more = self.looks.grow(&outcome, probes);
            watch.looked(&Look { number, outcome: &outcome, more });
            if !more {
                return Ok(Some(Decision { comparison, outcome, plan }));
            }
        }
    }

    fn judge(&self, sides: &[Side]) -> Result<(Comparison, GateOutcome), Error> {
        let options = CompareOptions { policy: Some(self.gate.policy.clone()), ..CompareOptions::default() };
        let judged = parallel::on_all_cores(|| {
            let (base, heads) = sides.split_first().ok_or(CompareError::OneRecord)?;
            let comparison = reports::compare(base, heads, &options)?;
            let outcome = self.gate.policy.judge(&comparison);
            Ok::<_, CompareError>((comparison, outcome))
        });
        judged?.map_err(|error| Error::Usage(error.to_string()))
    }
}

/// The runs without any grades.
fn sides(runs: &[ModelRun<'_>]) -> Result<Vec<Side>, Error> {
    let sides = runs.iter().map(|run| Side::new(run.name(), run.header().clone()));
    sides.collect::<Result<Vec<_>, _>>().map_err(|error| Error::Report(error.to_string()))
}

/// Grades what has come since the last look, into the side that has the grades of all before.
fn grade(run: &mut ModelRun<'_>, side: &mut Side) -> Result<(), Error> {
    side.renew(run.header().clone());
    let graded = parallel::on_all_cores(|| {
        let grader = Grader::new(run.header());
        grader.each(run.unseen(), |_, scores| Ok::<(), Failed>(side.add(&scores)?))?;
        Ok(side.settle()?)
    })?;
    let (path, journal) = (run.directory().path().display().to_string(), run.directory().journal());
    graded.map_err(|failed: Failed| failed.into_error(&path, &journal))?;
    run.seen();
    Ok(())
}
