//! Ctrl-C and termination as something to wait for, again and again.
//!
//! Interrupts are counted. Whoever works on the user's behalf takes an [`Interrupts`] when its work begins: it sees those that arrive from then on, and
//! what arrived during earlier work does not concern it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::watch;

static ARRIVED: OnceLock<watch::Receiver<u64>> = OnceLock::new();

/// Interrupts up to this one belong to work that has ended.
static ANSWERED: AtomicU64 = AtomicU64::new(0);

/// The exit code of a program that an interrupt ended.
pub(crate) const EXIT_CODE: u8 = 130;

/// The interrupts that arrive while one piece of work lasts.
pub(crate) struct Interrupts {
    arrived: watch::Receiver<u64>,
    before: u64,
}

impl Interrupts {
    /// Those from now on. A second one during the same work ends the program at once.
    pub(crate) fn begin() -> Interrupts {
        let interrupts = Interrupts::of(ARRIVED.get_or_init(listen).clone());
        ANSWERED.store(interrupts.before, Ordering::SeqCst);
        interrupts
    }

    /// Those that `arrived` counts from now on.
    pub(crate) fn of(arrived: watch::Receiver<u64>) -> Interrupts {
        let before = *arrived.borrow();
        Interrupts { arrived, before }
    }

    /// Resolves once the user has pressed Ctrl-C, or the system has asked the program to end, since the work began. May be awaited many times.
    pub(crate) async fn requested(&mut self) {
        let before = self.before;
        // The sender lives in the signal handler as long as the program; should it not, nothing can interrupt.
        if self.arrived.wait_for(|count| *count > before).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn listen() -> watch::Receiver<u64> {
    let (sender, receiver) = watch::channel(0);
    let handler = move || {
        let mut count = 0;
        sender.send_modify(|arrived| {
            *arrived += 1;
            count = *arrived;
        });
        // A second request means that the orderly stop takes too long for the user; everything acknowledged is already durable.
        if count > ANSWERED.load(Ordering::SeqCst) + 1 {
            std::process::exit(EXIT_CODE.into());
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        tracing::warn!(%error, "interrupts cannot be caught; the program ends without an orderly stop");
    }
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn an_interrupt_concerns_the_work_during_which_it_arrived_and_no_later_one() {
        let (sender, receiver) = watch::channel(0);
        let mut first = Interrupts::of(receiver.clone());
        assert_eq!(first.requested().now_or_never(), None);
        sender.send_replace(1);
        assert_eq!(first.requested().now_or_never(), Some(()));
        assert_eq!(first.requested().now_or_never(), Some(()));
        let mut second = Interrupts::of(receiver);
        assert_eq!(second.requested().now_or_never(), None);
        sender.send_replace(2);
        assert_eq!(second.requested().now_or_never(), Some(()));
    }
}
