//! The test: `kill -9` at random moments, `HEADWATER_KILLS` times.

use crate::program::headwater;
use crate::recorder::Recorder;
use crate::server::{Place, Server};
use crate::verdict::judge;
use crate::world::{World, create_topics};
use headwater_integration::history::History;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How many times the server is killed, unless the variable says otherwise.
const KILLS: u32 = 10;
const KILLS_VARIABLE: &str = "HEADWATER_KILLS";
/// What is drawn follows from this number; the moments at which the system runs the threads do not.
const SEED_VARIABLE: &str = "HEADWATER_KILL_SEED";

fn number<T: std::str::FromStr>(variable: &str, default: T) -> T {
    let Ok(text) = std::env::var(variable) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number"))
}

/// Kills and restarts; the starts in the order of their length, the last of them alive.
fn kill_repeatedly(place: &Place, mut server: Server, kills: u32, random: &mut SmallRng) -> Result<(Server, Vec<Duration>), String> {
    let mut starts = Vec::new();
    for _ in 0..kills {
        std::thread::sleep(Duration::from_millis(random.random_range(50..600)));
        server.kill()?;
        server = Server::start(place)?;
        starts.push(server.started_in);
    }
    starts.sort_unstable();
    Ok((server, starts))
}

/// What is needed to look into a fault, beside the data directory and the server's log.
fn keep(folder: &Path, history: &History) {
    let mut lines = String::new();
    for operation in history {
        let _ = writeln!(lines, "{operation:?}");
    }
    std::fs::write(folder.join("history.txt"), lines).expect("the history is kept");
}

#[test]
fn a_server_killed_at_random_moments_keeps_its_promises() {
    let (kills, seed) = (number(KILLS_VARIABLE, KILLS), number(SEED_VARIABLE, 0x5eed));
    let folder = tempfile::Builder::new().prefix("headwater-kill-").tempdir().expect("a temporary folder");
    let place = Place::new(headwater(), folder.path());
    let recorder = Arc::new(Recorder::default());
    let first = Server::start(&place).unwrap_or_else(|fault| panic!("{fault}\n{}", place.log_tail()));
    create_topics(&place.address());
    let world = World::start(recorder.clone(), place.address(), seed);
    let outcome = kill_repeatedly(&place, first, kills, &mut SmallRng::seed_from_u64(seed));
    let starts = match outcome {
        Ok((server, starts)) => {
            world.finish();
            server.kill().map(|()| starts).unwrap_or_else(|fault| {
                recorder.fault(fault);
                Vec::new()
            })
        }
        Err(fault) => panic!("{fault} (data in {})\n{}", folder.keep().display(), place.log_tail()),
    };
    let history = recorder.history();
    let mut verdict = judge(&recorder, &history);
    let log = std::fs::read_to_string(&place.log).unwrap_or_default();
    if log.contains("panicked") {
        verdict.faults.push_str("the server panicked\n");
    }
    let middle = starts.get(starts.len() / 2).copied().unwrap_or_default();
    let said = format!(
        "{kills} kills with seed {seed}; start to serving {middle:?} in the middle, {:?} at most\n{}",
        starts.last(),
        verdict.summary
    );
    // Past the harness, which shows nothing of a test that passes.
    let _ = writeln!(std::io::stderr(), "{said}");
    if !verdict.faults.is_empty() {
        let kept = folder.keep();
        keep(&kept, &history);
        panic!("{}\nhistory, data and log are kept in {}\n{}", verdict.faults, kept.display(), place.log_tail());
    }
}
