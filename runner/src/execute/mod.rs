//! Running trials: many dialogues in flight at once, each independent of all others.
//!
//! There is no barrier anywhere: as soon as one turn of one dialogue is there, its next turn goes
//! to the engine, and as soon as a trial ends, the next one starts.

mod context;
mod contract;
mod dialogue;
mod players;

use crate::event::Event;
pub use crate::{
    spec::Planned,
    stop::{Stop, Wish},
};
pub use context::Context;
use futures::{
    FutureExt, StreamExt,
    future::{Either, select},
    stream,
};
pub use players::{Engines, Players, scripts, uncoupled};
use reports::record::TrialRecord;
use std::pin::pin;

/// Runs trials and hands each finished one to `keep`, in the order in which they finish. Returns
/// whether all of them ran.
///
/// # Errors
/// The first error of `keep`; nothing runs after it.
pub async fn execute<E>(
    context: &Context<'_>,
    trials: impl IntoIterator<Item = Planned>,
    mut keep: impl FnMut(TrialRecord) -> Result<(), E>,
) -> Result<bool, E> {
    let running = stream::iter(trials)
        .take_until(context.stop.wished())
        .map(|planned| async move {
            let record = dialogue::run(context, &planned).await;
            (planned.probe, record)
        })
        .buffer_unordered(context.concurrency.max(1));
    let mut running = pin!(running);
    let mut keep = |(probe, record)| -> Result<(), E> {
        keep(record)?;
        context.observer.notice(Event::TrialFinished { probe });
        Ok(())
    };
    let mut wished = pin!(context.stop.wished());
    loop {
        match select(running.next(), wished.as_mut()).await {
            Either::Left((Some(finished), _)) => keep(finished)?,
            Either::Left((None, _)) => return Ok(!context.stop.is_set()),
            Either::Right(_) => break,
        }
    }
    // Nobody waits for the others, but what has just come to its end is not thrown away.
    while let Some(Some(finished)) = running.next().now_or_never() {
        keep(finished)?;
    }
    Ok(false)
}

#[cfg(test)]
mod speakers_tests;
#[cfg(test)]
mod tests;
