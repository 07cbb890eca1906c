//! Restart of a large data directory after `kill -9`: from the start of the program to the first record read.
//!
//! A child process fills a directory (10 GB unless an argument says otherwise) and is killed while it appends; then the directory is opened and one
//! record is read, several times from the same state of the files (each open is itself killed before it can close cleanly).

use anyhow::{Context, Result, bail};
use headwater::log::{
    BatchBuilder, CompressionType, ConsumerOptions, EmbeddedLog, EmbeddedOptions, Env, FetchLimit, Log, NewTopic, Position,
    ProducerOptions, Timestamp, TopicName,
};
use headwater_benches::{InFlight, runtime};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PARTITIONS: i32 = 10;
const REPETITIONS: usize = 5;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let runtime = runtime()?;
    match arguments.get(1).map(String::as_str) {
        Some("--fill") => runtime.block_on(fill(Path::new(&arguments[2]), arguments[3].parse()?)),
        Some("--open") => runtime.block_on(open(Path::new(&arguments[2]))),
        gigabytes => compare(gigabytes.unwrap_or("10").parse()?),
    }
}

fn child(arguments: &[&str]) -> Result<(Child, BufReader<std::process::ChildStdout>)> {
    let mut child = Command::new(std::env::current_exe()?).args(arguments).stdout(Stdio::piped()).spawn()?;
    let output = BufReader::new(child.stdout.take().context("the child's output is piped")?);
    Ok((child, output))
}

fn compare(gigabytes: u64) -> Result<()> {
    let folder = tempfile::tempdir_in(".")?;
    let path = folder.path().to_str().context("a UTF-8 path")?;
    let (mut filler, mut said) = child(&["--fill", path, &gigabytes.to_string()])?;
    let mut line = String::new();
    said.read_line(&mut line)?;
    filler.kill()?;
    filler.wait()?;
    let mut times = Vec::new();
    for _ in 0..REPETITIONS {
        let (mut opener, mut said) = child(&["--open", path])?;
        line.clear();
        said.read_line(&mut line)?;
        times.push(line.trim().parse::<f64>().with_context(|| format!("the child said {line:?}"))?);
        opener.kill()?;
        opener.wait()?;
    }
    times.sort_by(f64::total_cmp);
    println!(
        "| restart to first read, {gigabytes} GB, {PARTITIONS} partitions, after kill -9 | seconds | {:.3} | {:.3} | {:.3} | | < 2 |",
        times[0],
        times[REPETITIONS / 2],
        times[REPETITIONS - 1]
    );
    Ok(())
}

async fn fill(path: &Path, gigabytes: u64) -> Result<()> {
    let log = EmbeddedLog::open(Env::real(), path, EmbeddedOptions::default())?;
    let topic = TopicName::new("bench")?;
    log.admin().create_topic(NewTopic::new(topic.clone(), PARTITIONS)).await?;
    let producer = log.producer(ProducerOptions::default()).await?;
    let value = [b'v'; 1000];
    let mut in_flight = InFlight::new(producer.as_ref());
    let (mut bytes, mut said, mut partition) = (0u64, false, 0);
    loop {
        let mut batch = BatchBuilder::new(CompressionType::None);
        while batch.size_bytes() < 512 << 10 {
            batch.append_parts(Timestamp(1_700_000_000_000), None, Some(&value), &[])?;
        }
        bytes += batch.size_bytes() as u64;
        in_flight.send(&topic.partition(partition), batch.build()).await?;
        partition = (partition + 1) % PARTITIONS;
        if bytes > gigabytes * 1_000_000_000 && !said {
            println!("filled");
            said = true;
        }
        // The parent kills this process; should it not, the directory still ends somewhere.
        if bytes > (gigabytes + 20) * 1_000_000_000 {
            bail!("nobody killed this process");
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]
async fn open(path: &Path) -> Result<()> {
    let start = std::time::Instant::now();
    let log = EmbeddedLog::open(Env::real(), path, EmbeddedOptions::default())?;
    let topic = TopicName::new("bench")?;
    let mut consumer = log.consumer(ConsumerOptions::default()).await?;
    consumer.assign(&[(topic.partition(0), Position::Earliest)]).await?;
    if consumer.poll(FetchLimit::default()).await?.batches.is_empty() {
        bail!("nothing to read");
    }
    println!("{}", start.elapsed().as_secs_f64());
    // Waits to be killed: a clean close would make the next opening another one.
    std::future::pending().await
}
