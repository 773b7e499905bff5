//! The requests that one engine works on, and which of their replies can be trusted.
//!
//! A forward pass that fails costs more than the replies of its batch. The engine empties its cache then, and goes on
//! with the other dialogues that it works on as if it had not: what these say from then on is made of nothing, and looks
//! like any reply (onde-mistralrs-core 0.9.6, `engine/mod.rs`: `last_completion_ids` outlives the cache). So a failure
//! voids every reply in flight, and whoever gets one back asks again.
//!
//! Answers come through a channel each, so which of two came first is not known. That a failure came before a reply that
//! depends on it is: the engine sends it before it goes on. So whoever looks for its own answer first takes in those of
//! all others, and a failure among them voids them all, too many rather than too few.

use mistralrs::Response;
use std::{
    collections::HashMap,
    future::poll_fn,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};
use tokio::sync::mpsc::Receiver;

/// What came of a request.
pub(super) struct Landing {
    /// The engine's answer; none where the engine is gone.
    pub(super) answer: Option<Response>,
    /// Whether a forward pass failed while the request was in flight, so that the answer says nothing.
    pub(super) void: bool,
}

/// All requests of one engine.
#[derive(Default)]
pub(super) struct Flights(Mutex<State>);

#[derive(Default)]
struct State {
    flights: HashMap<u64, Flight>,
    /// The number of the next request.
    next: u64,
}

struct Flight {
    receiver: Receiver<Response>,
    landing: Option<Landing>,
    void: bool,
}

/// A request in flight, also while its future is being dropped.
struct Ticket<'a> {
    flights: &'a Flights,
    number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.flights.with(|state| drop(state.flights.remove(&self.number)));
    }
}

impl Flights {
    fn with<T>(&self, use_it: impl FnOnce(&mut State) -> T) -> T {
        // Nothing panics while it holds the lock, and a list of requests stays one if something did.
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for the answer to a request that is sent by `send`, which is done once the request is known here.
    pub(super) async fn land<E>(
        &self,
        receiver: Receiver<Response>,
        send: impl Future<Output = Result<(), E>>,
    ) -> Result<Landing, E> {
        let number = self.with(|state| {
            let number = state.next;
            state.next += 1;
            drop(state.flights.insert(number, Flight { receiver, landing: None, void: false }));
            number
        });
        let ticket = Ticket { flights: self, number };
        send.await?;
        let landing = poll_fn(|context| self.with(|state| state.poll(number, context))).await;
        drop(ticket);
        Ok(landing)
    }
}

impl State {
    fn poll(&mut self, number: u64, context: &mut Context<'_>) -> Poll<Landing> {
        let mut failed = false;
        for (other, flight) in &mut self.flights {
            if flight.landing.is_some() {
                continue;
            }
            // Only the request whose turn it is wants to be woken. Whoever else is answered was woken by that already.
            let answer = if *other == number {
                match flight.receiver.poll_recv(context) {
                    Poll::Ready(answer) => answer,
                    Poll::Pending => continue,
                }
            } else {
                match flight.receiver.try_recv() {
                    Ok(answer) => Some(answer),
                    Err(_) => continue,
                }
            };
            failed |= answer.as_ref().is_none_or(is_failed_pass);
            flight.landing = Some(Landing { answer, void: flight.void });
        }
        if failed {
            for flight in self.flights.values_mut() {
                flight.void = true;
                if let Some(landing) = &mut flight.landing {
                    landing.void = true;
                }
            }
        }
        let landed = self.flights.get_mut(&number).and_then(|flight| flight.landing.take());
        landed.map_or(Poll::Pending, Poll::Ready)
    }
}

/// Whether an answer tells of a forward pass that failed; a request that is refused has not come that far.
fn is_failed_pass(answer: &Response) -> bool {
    matches!(
        answer,
        Response::CompletionModelError(..) | Response::ModelError(..) | Response::InternalError(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{convert::Infallible, sync::Arc};
    use tokio::sync::mpsc::{Sender, channel};

    /// An answer that tells of nothing that failed.
    fn fine() -> Response {
        Response::ValidationError("refused".into())
    }

    fn failed() -> Response {
        Response::InternalError("failed".into())
    }

    fn land(
        flights: &Arc<Flights>,
    ) -> (Sender<Response>, tokio::task::JoinHandle<Result<Landing, Infallible>>) {
        let (sender, receiver) = channel(1);
        let flights = Arc::clone(flights);
        let waiting = tokio::spawn(async move { flights.land(receiver, async { Ok(()) }).await });
        (sender, waiting)
    }

    fn on_runtime<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn answers_are_trusted_where_nothing_failed() {
        on_runtime(async {
            let flights = Arc::new(Flights::default());
            let (one, first) = land(&flights);
            let (other, second) = land(&flights);
            tokio::task::yield_now().await;
            other.send(fine()).await.unwrap();
            one.send(fine()).await.unwrap();
            assert!(!first.await.unwrap().unwrap().void);
            assert!(!second.await.unwrap().unwrap().void);
            assert!(flights.with(|state| state.flights.is_empty()));
        });
    }

    #[test]
    fn a_failure_voids_everything_in_flight_in_whatever_order_it_is_looked_at() {
        on_runtime(async {
            let flights = Arc::new(Flights::default());
            let (before, early) = land(&flights);
            let (failing, fails) = land(&flights);
            let (beside, late) = land(&flights);
            tokio::task::yield_now().await;
            before.send(fine()).await.unwrap();
            assert!(!early.await.unwrap().unwrap().void, "it was done before");
            failing.send(failed()).await.unwrap();
            beside.send(fine()).await.unwrap();
            assert!(late.await.unwrap().unwrap().void, "the failure was sent first");
            assert!(fails.await.unwrap().unwrap().void);
            let (after, later) = land(&flights);
            tokio::task::yield_now().await;
            after.send(fine()).await.unwrap();
            assert!(!later.await.unwrap().unwrap().void, "it began afterwards");
        });
    }

    #[test]
    fn an_engine_that_is_gone_has_failed() {
        on_runtime(async {
            let flights = Arc::new(Flights::default());
            let (gone, waiting) = land(&flights);
            tokio::task::yield_now().await;
            drop(gone);
            let landing = waiting.await.unwrap().unwrap();
            assert!(landing.answer.is_none() && landing.void);
        });
    }

    #[test]
    fn a_request_that_is_given_up_is_forgotten() {
        on_runtime(async {
            let flights = Arc::new(Flights::default());
            let (sender, waiting) = land(&flights);
            tokio::task::yield_now().await;
            waiting.abort();
            drop(waiting.await);
            assert!(flights.with(|state| state.flights.is_empty()));
            assert!(sender.is_closed());
        });
    }
}
