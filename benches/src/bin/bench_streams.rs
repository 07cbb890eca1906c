//! Word count over the typed streams API: exactly once, with RocksDB state, on the embedded log.
//!
//! Lines of ten words are produced before the clock starts. The timed part is the whole application from start to idle: fetch, split, repartition
//! topic, count, changelog, output, commits every 100 ms, state to RocksDB. Everything runs in one process, so the rate per core is words by the
//! CPU time of all of it, the log included.

use anyhow::Result;
use headwater::log::{
    BatchBuilder, CompressionType, EmbeddedLog, EmbeddedOptions, Env, Log, NewTopic, ProducerOptions, Timestamp, TopicName,
};
use headwater::streams::{Consumed, Grouped, KStream, Materialized, Produced, StreamsApp, StreamsBuilder, StreamsOptions, Topology};
use headwater_benches::{InFlight, Row, header, measure, print, session, warm};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;

const WORDS: u64 = 5_000_000;
const WORDS_PER_LINE: u64 = 10;
const LINES_PER_BATCH: usize = 1000;
const REPETITIONS: usize = 5;
const WARM_GIBIBYTES: u64 = 4;

fn main() -> Result<()> {
    session(run())
}

async fn run() -> Result<()> {
    header();
    for distinct in [1_000u64, 100_000] {
        let mut runs = Vec::new();
        for repetition in 0..REPETITIONS {
            let folder = tempfile::tempdir_in(".")?;
            warm(WARM_GIBIBYTES);
            let log = Arc::new(EmbeddedLog::open(Env::real(), folder.path().join("log"), EmbeddedOptions::default())?);
            produce(log.as_ref(), distinct, repetition as u64).await?;
            let options = StreamsOptions::new("word-count", folder.path().join("state"));
            runs.push(measure(count(log.clone(), options)).await?);
            log.close()?;
        }
        let name = format!("word count, {distinct} distinct words, exactly once, RocksDB");
        print(&Row { name: name.clone(), runs: runs.clone(), goal: "≥ 500 k".into(), by_core: true });
        print(&Row { name: format!("{name}, wall"), runs, goal: String::new(), by_core: false });
    }
    Ok(())
}

fn topology() -> Result<Topology> {
    let builder = StreamsBuilder::new();
    let lines: KStream<String, String> = builder.stream("lines", Consumed::default());
    lines
        .flat_map_values(|line| line.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .group_by(|_key, word| word.cloned(), Grouped::default().named("by-word"))
        .count(Materialized::named("counts"))
        .to_stream()
        .to("counts", Produced::default());
    Ok(builder.build()?)
}

async fn count(log: Arc<dyn Log>, options: StreamsOptions) -> Result<u64> {
    let app = StreamsApp::start(topology()?, log, Env::real(), options).await?;
    app.wait_idle().await?;
    app.stop().await?;
    Ok(WORDS)
}

/// Produces the lines. Word `n` is about `1 / n` as frequent as the first, as in natural language.
async fn produce(log: &dyn Log, distinct: u64, seed: u64) -> Result<()> {
    let topic = TopicName::new("lines")?;
    log.admin().create_topic(NewTopic::new(topic.clone(), 1)).await?;
    let producer = log.producer(ProducerOptions::default()).await?;
    let mut random = SmallRng::seed_from_u64(seed);
    let mut in_flight = InFlight::new(producer.as_ref());
    let mut lines = WORDS / WORDS_PER_LINE;
    while lines > 0 {
        let mut batch = BatchBuilder::new(CompressionType::None);
        while batch.len() < LINES_PER_BATCH && lines > 0 {
            let words: Vec<String> = (0..WORDS_PER_LINE).map(|_| word(&mut random, distinct)).collect();
            batch.append_parts(Timestamp(1_700_000_000_000), None, Some(words.join(" ").as_bytes()), &[])?;
            lines -= 1;
        }
        in_flight.send(&topic.partition(0), batch.build()).await?;
    }
    in_flight.finish().await?;
    Ok(())
}

fn word(random: &mut SmallRng, distinct: u64) -> String {
    let rank = (distinct as f64).powf(random.random::<f64>()) as u64;
    format!("word{rank}")
}
