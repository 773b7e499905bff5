//! One step of training: gradients from several shards at once, clipping, and AdamW
//! (Loshchilov and Hutter, arXiv:1711.05101) or, for the matrices of the layers, Muon (see `muon`), on a
//! warm-up and cosine schedule.

use candle_core::backprop::GradStore;
use candle_core::{Tensor, Var};
use candle_nn::{AdamW, Optimizer as _, ParamsAdamW};
use rayon::ThreadPool;
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::model::Llama;
use crate::muon::Muon;

/// What moves the matrices of the layers. Embeddings and gains are always left to AdamW.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// AdamW.
    Adamw,
    /// Muon.
    Muon,
}

/// How the learning rate runs and the weights are held in check.
#[derive(Debug, Clone, Serialize)]
pub struct Schedule {
    /// What moves the matrices of the layers.
    pub layers: Rule,
    /// Steps in all.
    pub steps: usize,
    /// Steps over which the rate rises linearly to its peak.
    pub warm_up: usize,
    /// The peak learning rate.
    pub peak: f64,
    /// The share of the peak that the cosine ends at, from 0 to 1.
    pub floor: f64,
    /// Decoupled weight decay of matrices; gains have none.
    pub weight_decay: f64,
    /// The largest norm a gradient may have; a larger one is scaled down to it.
    pub clip: f64,
}

impl Schedule {
    /// The learning rate of a step, counted from zero.
    #[must_use]
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warm_up {
            return self.peak * (step + 1) as f64 / self.warm_up as f64;
        }
        let rest = self.steps.saturating_sub(self.warm_up).max(1);
        let progress = ((step - self.warm_up) as f64 / rest as f64).min(1.0);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
        self.peak * (self.floor + (1.0 - self.floor) * cosine)
    }
}

/// Trains the weights of one model.
pub struct Optimiser {
    schedule: Schedule,
    step: usize,
    layers: Option<Muon>,
    matrices: AdamW,
    gains: AdamW,
    workers: Workers,
}

impl Optimiser {
    /// An optimiser over all weights of `model`.
    ///
    /// # Errors
    /// When its moments cannot be allocated or threads cannot be started.
    pub fn new(model: &Llama, schedule: Schedule) -> Result<Self> {
        let (ends, inner) = model.variables().split_at(model.ends());
        let (mut matrices, gains): (Vec<Var>, Vec<Var>) =
            inner.iter().cloned().partition(|var| var.rank() > 1);
        let layers = match schedule.layers {
            Rule::Muon => Some(Muon::new(std::mem::take(&mut matrices), schedule.weight_decay)?),
            Rule::Adamw => None,
        };
        matrices.extend(ends.iter().cloned());
        let settings = |weight_decay| ParamsAdamW {
            lr: schedule.peak,
            beta1: 0.9,
            beta2: 0.98,
            eps: 1e-8,
            weight_decay,
        };
        Ok(Self {
            step: 0,
            layers,
            matrices: AdamW::new(matrices, settings(schedule.weight_decay))?,
            gains: AdamW::new(gains, settings(0.0))?,
            workers: Workers::new()?,
            schedule,
        })
    }

    /// Takes one step down the gradient of the sum of the shards' losses.
    ///
    /// `loss` gives a shard's scalar loss and whatever the caller wants to know about it. The gradients are
    /// added in the order of the shards, so that the outcome does not depend on how many threads there are.
    ///
    /// # Errors
    /// When a loss cannot be computed or the gradient is not finite.
    pub fn step<Shard: Sync, Seen: Send>(
        &mut self,
        model: &Llama,
        shards: &[Shard],
        loss: impl Fn(&Shard) -> Result<(Tensor, Seen)> + Sync,
    ) -> Result<Vec<Seen>> {
        let outcomes = self.workers.run(shards, |shard| {
            let (loss, seen) = loss(shard)?;
            Ok((loss.backward()?, seen))
        })?;
        let (gradients, seen): (Vec<GradStore>, Vec<Seen>) = outcomes.into_iter().unzip();
        let Some(sum) = self.sum(model, gradients)? else {
            return Err(Error::Invalid("a training step needs at least one shard".to_owned()));
        };
        let rate = self.schedule.rate(self.step);
        for optimiser in [&mut self.matrices, &mut self.gains] {
            optimiser.set_learning_rate(rate);
            optimiser.step(&sum)?;
        }
        if let Some(layers) = &mut self.layers {
            layers.step(&sum, rate, &self.workers)?;
        }
        self.step += 1;
        Ok(seen)
    }

    /// The gradients added up and clipped, or none when there are none.
    fn sum(&self, model: &Llama, gradients: Vec<GradStore>) -> Result<Option<GradStore>> {
        let mut gradients = gradients.into_iter();
        let Some(mut sum) = gradients.next() else { return Ok(None) };
        let mut squares = 0.0;
        let others: Vec<GradStore> = gradients.collect();
        for var in model.variables() {
            let mut total = sum.get(var).cloned();
            for other in others.iter().filter_map(|other| other.get(var)) {
                total = Some(match total {
                    Some(total) => (total + other)?,
                    None => other.clone(),
                });
            }
            if let Some(total) = total {
                let square = f64::from(total.sqr()?.sum_all()?.to_scalar::<f32>()?);
                if !square.is_finite() {
                    return Err(Error::Invalid(
                        "the gradient is not finite: the learning rate is too high".to_owned(),
                    ));
                }
                squares += square;
                sum.insert(var, total);
            }
        }
        let norm = squares.sqrt();
        if norm > self.schedule.clip {
            for var in model.variables() {
                if let Some(gradient) = sum.get(var) {
                    let scaled = (gradient * (self.schedule.clip / norm))?;
                    sum.insert(var, scaled);
                }
            }
        }
        Ok(Some(sum))
    }
}

/// Threads that each work a shard through by themselves.
///
/// Most operations of a small model are too short to be split over threads, so every worker is a pool of one
/// thread in which also the matrix products stay, and the parallelism is over shards. The shards are handed out
/// by plain threads: a rayon thread that waits for another pool takes up the next shard itself, and then all of
/// them queue for one worker.
pub(crate) struct Workers(Vec<ThreadPool>);

impl Workers {
    /// As many workers as there are cores.
    pub(crate) fn new() -> Result<Self> {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = |_| {
            let built = rayon::ThreadPoolBuilder::new().num_threads(1).build();
            built.map_err(|error| Error::Invalid(format!("no worker threads: {error}")))
        };
        (0..count).map(pool).collect::<Result<_>>().map(Self)
    }

    /// Applies `work` to every shard; the results are in the order of the shards.
    pub(crate) fn run<Shard: Sync, Outcome: Send>(
        &self,
        shards: &[Shard],
        work: impl Fn(&Shard) -> Result<Outcome> + Sync,
    ) -> Result<Vec<Outcome>> {
        let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(shards.len())));
        std::thread::scope(|scope| {
            for worker in self.0.iter().take(shards.len()) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(shard) = shards.get(index) else { break };
                        let outcome = worker.install(|| work(shard));
                        outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
                    }
                });
            }
        });
        let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(index, _)| *index);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_peaks_and_falls_to_its_floor() {
        let schedule = Schedule {
            layers: Rule::Adamw,
            steps: 110,
            warm_up: 10,
            peak: 1.0,
            floor: 0.1,
            weight_decay: 0.0,
            clip: 1.0,
        };
        let rates: Vec<f64> = (0..=110).map(|step| schedule.rate(step)).collect();
        assert!((rates[0] - 0.1).abs() < 1e-12 && (rates[9] - 1.0).abs() < 1e-12);
        assert!((rates[10] - 1.0).abs() < 1e-12);
        assert!((rates[60] - 0.55).abs() < 1e-12, "half way down: {}", rates[60]);
        assert!((rates[110] - 0.1).abs() < 1e-12);
        assert!(rates.windows(2).take(9).all(|pair| pair[0] < pair[1]));
        assert!(rates.windows(2).skip(10).all(|pair| pair[0] >= pair[1]));
    }

    /// Fails where both shards queue for one worker: each waits for the other.
    #[test]
    fn shards_are_worked_through_at_once() {
        let workers = Workers::new().unwrap();
        if workers.0.len() < 2 {
            return;
        }
        let met = std::sync::atomic::AtomicUsize::new(0);
        let start = std::time::Instant::now();
        let meet = |_: &usize| {
            met.fetch_add(1, Ordering::SeqCst);
            while met.load(Ordering::SeqCst) < 2 && start.elapsed().as_secs() < 20 {
                std::thread::yield_now();
            }
            Ok(start.elapsed().as_secs() < 20)
        };
        assert_eq!(workers.run(&[1, 2], meet).unwrap(), [true, true]);
    }

    #[test]
    fn shards_come_back_in_order_and_errors_come_through() {
        let workers = Workers::new().unwrap();
        let shards: Vec<usize> = (0..50).collect();
        assert_eq!(workers.run(&shards, |shard| Ok(shard * 2)).unwrap()[49], 98);
        assert!(workers.run(&shards, |_| Err::<(), _>(Error::Invalid("no".to_owned()))).is_err());
    }
}
