//! The main job survives `kill -9` at random moments: nothing lost, nothing twice.

use crate::expected::{assert_same, by_job, by_script, generated_log, real_log};
use crate::process::Job;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::io::Read;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How many times the program is killed while it works; the data directory starts anew whenever the job has come to its end.
const KILLS: u32 = 200;

/// How a run ended.
enum Ended {
    ByItself,
    Killed,
}

/// Lets the program run for `patience`, then kills it as `kill -9` does.
fn run_for(mut child: Child, patience: Duration) -> Ended {
    // Its end closes the pipe; the child itself stays ours, so the process that is killed is the child and no other.
    let mut said = child.stderr.take().expect("piped");
    let (sender, receiver) = mpsc::channel();
    let listener = std::thread::spawn(move || {
        let mut error = String::new();
        let read = said.read_to_string(&mut error);
        // The receiver is gone only if the test has failed already.
        let _ = sender.send(());
        read.map(|_| error)
    });
    let killed = receiver.recv_timeout(patience).is_err();
    if killed {
        child.kill().expect("a child that has not been waited for can be killed");
    }
    let status = child.wait().expect("the program can be waited for");
    let error = listener.join().expect("the listening thread ends").expect("the program says UTF-8");
    if status.success() {
        return Ended::ByItself;
    }
    assert!(killed && status.code().is_none(), "the job failed: {error}");
    Ended::Killed
}

#[test]
fn the_job_killed_at_random_moments_gives_the_same_result() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = real_log().unwrap_or_else(|| generated_log(folder.path(), 10_000, 11));
    let (expected, _) = by_script(&log);

    let whole = Job::new(log.clone());
    let start = Instant::now();
    whole.finish();
    let duration = start.elapsed();
    assert_same(&by_job(&whole.output_dir()), &expected);

    let mut random = SmallRng::seed_from_u64(0x5eed);
    let (mut kills, mut rounds) = (0, 0);
    while kills < KILLS {
        let job = Job::new(log.clone());
        rounds += 1;
        let mut in_round = 0;
        loop {
            let child = job.command().stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
            // Some runs die while they open, most while they work; after many deaths in a round one may finish.
            let patience = if in_round < 25 { duration.mul_f64(random.random_range(0.02..0.9)) } else { duration * 20 };
            match run_for(child, patience) {
                Ended::Killed => (kills, in_round) = (kills + 1, in_round + 1),
                Ended::ByItself => break,
            }
        }
        assert_same(&by_job(&job.output_dir()), &expected);
    }
    eprintln!("{kills} kills in {rounds} rounds");
}
