//! What librdkafka says of connections that fail while it mends them by itself: a line for people, and not one for each try.
//!
//! A server is named again after [`AGAIN_AFTER`] at the earliest. Where `HEADWATER_LOG` is set, librdkafka's own lines are shown instead.

use crate::output;
use headwater::log::{Env, Mono};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// Servers that are remembered.
const SERVERS_MAX: usize = 1000;

/// Prints the lines; to be given the events that it takes and no others.
pub(crate) struct LostServers {
    env: Env,
    told: Mutex<Told>,
}

impl LostServers {
    pub(crate) fn new(env: Env) -> LostServers {
        LostServers { env, told: Mutex::default() }
    }

    /// Whether an event is one of those that are told here.
    pub(crate) fn takes(metadata: &Metadata<'_>) -> bool {
        metadata.target() == "librdkafka" && *metadata.level() == Level::WARN
    }
}

impl<S: Subscriber> Layer<S> for LostServers {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        if let Some(line) = self.told.lock().line(&words.0, self.env.clock.now()) {
            output::message(&line);
        }
    }
}

/// The message of an event.
#[derive(Default)]
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a text does not fail.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

/// When which server was named last.
#[derive(Debug, Default)]
struct Told(BTreeMap<String, Mono>);

impl Told {
    fn line(&mut self, words: &str, now: Mono) -> Option<String> {
        let (server, reason) = parts(words);
        if self.0.get(&server).is_some_and(|last| now.since(*last) < AGAIN_AFTER) {
            return None;
        }
        if self.0.len() >= SERVERS_MAX {
            self.0.clear();
        }
        self.0.insert(server.clone(), now);
        Some(format!("warning: {server}: {reason}; trying again"))
    }
}

/// The server and the reason in `FAIL: [thrd:NAME]: HOST:PORT/ID: Connect to FAMILY#HOST:PORT failed: REASON (after …)`, whatever of it is there.
fn parts(words: &str) -> (String, String) {
    let (_, rest) = words.rsplit_once("]: ").unwrap_or(("", words));
    let rest = rest.split_once(" (after ").map_or(rest, |(rest, _)| rest);
    let rest = rest.strip_prefix("GroupCoordinator: ").unwrap_or(rest);
    match rest.split_once(": ") {
        Some((server, reason)) => {
            let server = server.split('/').next().unwrap_or(server);
            let reason = reason.split_once(" failed: ").map_or(reason, |(_, reason)| reason);
            (server.to_string(), reason.to_string())
        }
        None => ("a server".to_string(), rest.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: &str = "FAIL: [thrd:127.0.0.1:9092/1]: 127.0.0.1:9092/1: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT, 1 identical error(s) suppressed)";

    #[test]
    fn the_server_and_the_reason_are_found_in_librdkafkas_words() {
        for (words, server, reason) in [
            (REFUSED, "127.0.0.1:9092", "Connection refused"),
            (
                "FAIL: [thrd:GroupCoordinator]: GroupCoordinator: 127.0.0.1:9092: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)",
                "127.0.0.1:9092",
                "Connection refused",
            ),
            (
                "FAIL: [thrd:b:1/bootstrap]: b:1/bootstrap: Failed to resolve 'b:1': Name not known (after 2ms in state CONNECT)",
                "b:1",
                "Failed to resolve 'b:1': Name not known",
            ),
            ("REQTMOUT: [thrd:b:1/2]: b:1/2: Timed out 1 in-flight requests", "b:1", "Timed out 1 in-flight requests"),
            ("something else", "a server", "something else"),
        ] {
            assert_eq!(parts(words), (server.to_string(), reason.to_string()));
        }
    }

    #[test]
    fn a_server_is_named_once_in_a_while() {
        let mut told = Told::default();
        let at = |seconds| Mono::default().plus(Duration::from_secs(seconds));
        assert_eq!(told.line(REFUSED, at(0)).as_deref(), Some("warning: 127.0.0.1:9092: Connection refused; trying again"));
        assert_eq!(told.line(REFUSED, at(29)), None);
        assert!(told.line("FAIL: [thrd:b:1/2]: b:1/2: Disconnected", at(29)).is_some());
        assert!(told.line(REFUSED, at(30)).is_some());
    }
}
