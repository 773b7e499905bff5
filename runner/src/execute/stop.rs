//! The wish to stop: anyone can have it, and whoever works can look at it or wait for it.

use tokio::sync::watch;

/// Set once, by Ctrl-C say; never taken back.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Wishes to stop.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether anybody wishes to.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Comes back when somebody wishes to.
    pub async fn wished(&self) {
        // The sender is this very value, so it outlives the receiver.
        let _ = self.0.subscribe().wait_for(|wished| *wished).await;
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;
    use futures::FutureExt;

    #[test]
    fn a_wish_is_seen_by_those_who_wait_and_by_those_who_come_later() {
        let stop = Stop::default();
        let mut waiting = std::pin::pin!(stop.wished());
        assert!(waiting.as_mut().now_or_never().is_none() && !stop.is_set());
        stop.set();
        assert!(waiting.now_or_never().is_some() && stop.is_set());
        assert!(stop.wished().now_or_never().is_some());
    }
}
