//! The embedded log: append durable and through the page cache, read back, a thousand partitions.
//!
//! 100-byte records in batches of 64 KiB from one producer that keeps a few batches on their way. Batches are encoded inside the timed part.

use anyhow::Result;
use headwater::log::{
    BatchBuilder, CompressionType, ConsumerOptions, EmbeddedLog, EmbeddedOptions, Env, FetchLimit, FlushMode, Log, NewTopic, Offset,
    Position, ProducerOptions, Timestamp, TopicConfig, TopicName,
};
use headwater_benches::{InFlight, Row, header, measure, print, session, warm};

const RECORD_BYTES: usize = 100;
const BATCH_BYTES: usize = 64 << 10;
const RECORDS: u64 = 12_000_000;
const REPETITIONS: usize = 5;
const WARM_GIBIBYTES: u64 = 8;

fn main() -> Result<()> {
    session(run())
}

async fn run() -> Result<()> {
    header();
    let cases = [
        ("append, durable, 1 partition", FlushMode::Sync, 1, "≥ 3 M"),
        ("append, `headwater.flush=os`, 1 partition", FlushMode::Os, 1, "≥ 6 M"),
        ("append round-robin, durable, 1,000 partitions", FlushMode::Sync, 1000, "≥ half of one partition"),
    ];
    let mut reads = Vec::new();
    // ext4 passes over inodes that were freed in the last minutes, one by one: a run after the removal of thousands of files would measure that.
    let mut kept = Vec::new();
    for (name, flush, partition_count, goal) in cases {
        let mut runs = Vec::new();
        for _ in 0..REPETITIONS {
            let folder = tempfile::tempdir_in(".")?;
            warm(WARM_GIBIBYTES);
            let log = EmbeddedLog::open(Env::real(), folder.path(), EmbeddedOptions::default())?;
            let topic = create(&log, flush, partition_count).await?;
            runs.push(measure(append(&log, &topic, partition_count)).await?);
            if partition_count == 1 && flush == FlushMode::Sync {
                reads.push(measure(read_back(&log, &topic)).await?);
            }
            log.close()?;
            if partition_count > 1 {
                kept.push(folder);
            }
        }
        print(&Row { name: name.into(), runs, goal: goal.into(), by_core: false });
    }
    print(&Row { name: "read back, 1 partition, every record decoded".into(), runs: reads, goal: "≥ 10 M".into(), by_core: false });
    Ok(())
}

async fn create(log: &dyn Log, flush: FlushMode, partition_count: i32) -> Result<TopicName> {
    let name = TopicName::new("bench")?;
    let config = TopicConfig { flush, ..TopicConfig::default() };
    log.admin().create_topic(NewTopic::new(name.clone(), partition_count).with_config(config)).await?;
    Ok(name)
}

async fn append(log: &dyn Log, topic: &TopicName, partition_count: i32) -> Result<u64> {
    let producer = log.producer(ProducerOptions::default()).await?;
    let value = [b'v'; RECORD_BYTES - 8];
    let mut in_flight = InFlight::new(producer.as_ref());
    let (mut sent, mut partition) = (0u64, 0);
    while sent < RECORDS {
        let mut batch = BatchBuilder::new(CompressionType::None);
        while batch.size_bytes() + RECORD_BYTES < BATCH_BYTES {
            batch.append_parts(Timestamp(1_700_000_000_000), None, Some(&value), &[])?;
            sent += 1;
        }
        in_flight.send(&topic.partition(partition), batch.build()).await?;
        partition = (partition + 1) % partition_count;
    }
    in_flight.finish().await?;
    Ok(sent)
}

async fn read_back(log: &dyn Log, topic: &TopicName) -> Result<u64> {
    let mut consumer = log.consumer(ConsumerOptions::default()).await?;
    consumer.assign(&[(topic.partition(0), Position::At(Offset::ZERO))]).await?;
    let limit = FetchLimit { max_bytes: 4 << 20, max_partition_bytes: 4 << 20 };
    let (mut count, mut bytes) = (0u64, 0usize);
    while count < RECORDS {
        for fetched in consumer.poll(limit).await?.batches {
            for record in fetched.batch.records()? {
                bytes += record?.record.value.map_or(0, |value| value.len());
                count += 1;
            }
        }
    }
    std::hint::black_box(bytes);
    Ok(count)
}
