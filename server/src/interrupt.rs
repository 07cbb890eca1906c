//! Ctrl-C and termination as something to wait for.

use std::sync::OnceLock;
use tokio::sync::watch;

static ARRIVED: OnceLock<watch::Receiver<bool>> = OnceLock::new();

/// Resolves once the user has pressed Ctrl-C or the system has asked the program to end. May be called many times.
pub(crate) async fn requested() {
    let mut arrived = ARRIVED.get_or_init(listen).clone();
    // The sender lives in the signal handler as long as the program; should it not, nothing can interrupt.
    if arrived.wait_for(|requested| *requested).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn listen() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    let handler = move || {
        // A second request means that the orderly stop takes too long for the user; everything acknowledged is already durable.
        if sender.send_replace(true) {
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        tracing::warn!(%error, "interrupts cannot be caught; the program ends without an orderly stop");
    }
    receiver
}
