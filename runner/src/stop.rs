//! The wish to stop: anyone can have it, and whoever works can look at it or wait for it.

use tokio::sync::watch;

/// Why somebody wishes to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The user, or the system, said so.
    Interrupted,
    /// A limit that the user set was reached: which, in words.
    Limit(&'static str),
}

/// Set once, by Ctrl-C say; never taken back.
#[derive(Debug)]
pub struct Stop(watch::Sender<Option<Wish>>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Stop {
    /// Wishes to stop. The first wish counts, but whoever interrupts need not hear of limits any more.
    pub fn set(&self, wish: Wish) {
        self.0.send_if_modified(|known| {
            let news = known.is_none() || (wish == Wish::Interrupted && *known != Some(wish));
            if news {
                *known = Some(wish);
            }
            news
        });
    }

    /// What was wished, if anything was.
    pub fn wish(&self) -> Option<Wish> {
        *self.0.borrow()
    }

    /// Whether anybody wishes to.
    pub fn is_set(&self) -> bool {
        self.wish().is_some()
    }

    /// Comes back when somebody wishes to.
    pub async fn wished(&self) {
        // The sender is this very value, so it outlives the receiver.
        let _ = self.0.subscribe().wait_for(Option::is_some).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Stop, Wish};
    use futures::FutureExt;

    #[test]
    fn a_wish_is_seen_by_those_who_wait_and_by_those_who_come_later() {
        let stop = Stop::default();
        let mut waiting = std::pin::pin!(stop.wished());
        assert!(waiting.as_mut().now_or_never().is_none() && !stop.is_set());
        stop.set(Wish::Limit("tokens"));
        assert!(waiting.now_or_never().is_some() && stop.is_set());
        assert!(stop.wished().now_or_never().is_some());
        stop.set(Wish::Limit("time"));
        assert_eq!(stop.wish(), Some(Wish::Limit("tokens")));
        stop.set(Wish::Interrupted);
        stop.set(Wish::Limit("time"));
        assert_eq!(stop.wish(), Some(Wish::Interrupted));
    }
}
