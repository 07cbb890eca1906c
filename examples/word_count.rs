//! Word count with the typed streams API: exactly once, with its counts in RocksDB. Run it again on the same directory and it goes on counting.
//!
//! Run it with `cargo run -p headwater-examples --example word_count [DIRECTORY]`; without a directory it uses a temporary one. It counts the words
//! of its own source.

use anyhow::Result;
use headwater::log::{
    BatchBuilder, CompressionType, ConsumerOptions, EmbeddedLog, EmbeddedOptions, Env, FetchLimit, Log, NewTopic, Position,
    ProducerOptions, Timestamp, TopicName,
};
use headwater::streams::{Consumed, Grouped, Integer, KStream, Materialized, Produced, Serde, StreamsApp, StreamsBuilder, StreamsOptions};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path: PathBuf = std::env::args().nth(1).map_or_else(|| folder.path().to_path_buf(), Into::into);
    let env = Env::real();
    let log = Arc::new(EmbeddedLog::open(env.clone(), path.join("log"), EmbeddedOptions::default())?);

    let lines = TopicName::new("lines")?;
    if !log.admin().list_topics().await?.contains(&lines) {
        log.admin().create_topic(NewTopic::new(lines.clone(), 1)).await?;
    }
    produce(log.as_ref(), &lines, Timestamp(env.clock.wall_ms())).await?;

    let builder = StreamsBuilder::new();
    let text: KStream<String, String> = builder.stream("lines", Consumed::default());
    text.flat_map_values(|line| line.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect::<Vec<_>>())
        .filter_not(|_key, word| word.is_none_or(|word| word.is_empty()))
        .group_by(|_key, word| word.cloned(), Grouped::default().named("by-word"))
        .count(Materialized::named("counts"))
        .to_stream()
        .to("word-counts", Produced::default());
    let topology = builder.build()?;
    print!("{}", topology.describe());

    let app = StreamsApp::start(topology, log.clone(), env, StreamsOptions::new("word-count", path.join("state"))).await?;
    app.wait_idle().await?;
    app.stop().await?;

    let counts = read_counts(log.as_ref(), &TopicName::new("word-counts")?).await?;
    let mut most: Vec<(i64, String)> = counts.into_iter().map(|(word, count)| (count, word)).collect();
    most.sort_by(|left, right| right.cmp(left));
    for (count, word) in most.iter().take(10) {
        println!("{count:6}  {word}");
    }
    log.close()?;
    Ok(())
}

async fn produce(log: &dyn Log, topic: &TopicName, timestamp: Timestamp) -> Result<()> {
    let mut batch = BatchBuilder::new(CompressionType::None);
    for line in include_str!("word_count.rs").lines() {
        batch.append_parts(timestamp, None, Some(line.as_bytes()), &[])?;
    }
    let producer = log.producer(ProducerOptions::default()).await?;
    producer.send(&topic.partition(0), batch.build()).await?.await?;
    Ok(())
}

/// The last count of each word.
async fn read_counts(log: &dyn Log, topic: &TopicName) -> Result<BTreeMap<String, i64>> {
    let mut consumer = log.consumer(ConsumerOptions::default()).await?;
    consumer.assign(&[(topic.partition(0), Position::Earliest)]).await?;
    let mut counts = BTreeMap::new();
    loop {
        let batches = consumer.poll(FetchLimit::default()).await?.batches;
        if batches.is_empty() {
            return Ok(counts);
        }
        for fetched in batches {
            for record in fetched.batch.records()? {
                let record = record?;
                if let (Some(word), Some(count)) = (&record.key, &record.value) {
                    counts.insert(String::from_utf8(word.to_vec())?, Integer.deserialize(count)?);
                }
            }
        }
    }
}
