//! The tumbling aggregate in SQL: JSON rows in a topic, requests, bytes and distinct clients per minute and class, RocksDB state, exactly once.
//!
//! Rows are produced before the clock starts. The timed part is the statement from its creation until every row has been counted and every
//! window closed; everything runs in one process, so the rate per core is rows by the CPU time of all of it, the log included.

use anyhow::Result;
use headwater::log::{BatchBuilder, CompressionType, Log, NewTopic, ProducerOptions, Timestamp, TopicName};
use headwater::sql::Variables;
use headwater::{Headwater, HeadwaterOptions};
use headwater_benches::{InFlight, Row, header, measure, print, session, warm};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const ROWS: u64 = 2_000_000;
const ROWS_PER_SECOND: u64 = 1_000;
const CLIENTS: u32 = 2_000;
const ROWS_PER_BATCH: u64 = 1_000;
const REPETITIONS: usize = 5;
const WARM_GIBIBYTES: u64 = 4;

const STREAM: &str = "CREATE STREAM requests (client VARCHAR, time TIMESTAMP, status INT, bytes BIGINT,
    WATERMARK FOR time AS time - INTERVAL '1' MINUTE) WITH (topic = 'requests', format = 'json')";
const COUNTS: &str = "SELECT window_start, status, count(*) AS requests, sum(bytes) AS bytes
    FROM requests GROUP BY TUMBLE(time, INTERVAL '1' MINUTE), status EMIT ON WINDOW CLOSE";
const DISTINCT: &str = "SELECT window_start, status, count(*) AS requests, sum(bytes) AS bytes, count(DISTINCT client) AS clients
    FROM requests GROUP BY TUMBLE(time, INTERVAL '1' MINUTE), status EMIT ON WINDOW CLOSE";

fn main() -> Result<()> {
    session(run())
}

async fn run() -> Result<()> {
    header();
    for (name, query, goal) in [("count and sum", COUNTS, "≥ 300 k"), ("count, sum and count distinct", DISTINCT, "≥ 300 k")] {
        let mut runs = Vec::new();
        for repetition in 0..REPETITIONS {
            let folder = tempfile::tempdir_in(".")?;
            warm(WARM_GIBIBYTES);
            let headwater = Headwater::open(folder.path(), HeadwaterOptions::default()).await?;
            produce(headwater.log(), repetition as u64).await?;
            headwater.run_script(STREAM, &Variables::new()).await?;
            runs.push(measure(aggregate(&headwater, query)).await?);
            headwater.close().await?;
        }
        let name = format!("tumbling aggregate in SQL from JSON, {name}, exactly once, RocksDB");
        print(&Row { name: name.clone(), runs: runs.clone(), goal: goal.into(), by_core: true });
        print(&Row { name: format!("{name}, wall"), runs, goal: String::new(), by_core: false });
    }
    Ok(())
}

async fn aggregate(headwater: &Headwater, query: &str) -> Result<u64> {
    headwater.run_script(&format!("CREATE TABLE traffic AS {query}"), &Variables::new()).await?;
    headwater.finish_input().await?;
    Ok(headwater.queries().iter().map(|query| query.rows_in).sum())
}

async fn produce(log: &dyn Log, seed: u64) -> Result<()> {
    let topic = TopicName::new("requests")?;
    log.admin().create_topic(NewTopic::new(topic.clone(), 1)).await?;
    let producer = log.producer(ProducerOptions::default()).await?;
    let mut random = SmallRng::seed_from_u64(seed);
    let mut in_flight = InFlight::new(producer.as_ref());
    for first in (0..ROWS).step_by(ROWS_PER_BATCH as usize) {
        let mut batch = BatchBuilder::new(CompressionType::None);
        for row in first..first + ROWS_PER_BATCH {
            let second = (row / ROWS_PER_SECOND).saturating_sub(random.random_range(0..59));
            let (hour, minute) = (second / 3600, second / 60 % 60);
            let client: u32 = random.random_range(0..CLIENTS);
            let (status, bytes) = (random.random_range(2..6) * 100, random.random_range(0..100_000));
            let time = format!("2015-05-17T{hour:02}:{minute:02}:{:02}Z", second % 60);
            let value =
                format!(r#"{{"client":"10.0.{}.{}","time":"{time}","status":{status},"bytes":{bytes}}}"#, client / 256, client % 256);
            batch.append_parts(Timestamp(1_431_856_800_000), None, Some(value.as_bytes()), &[])?;
        }
        in_flight.send(&topic.partition(0), batch.build()).await?;
    }
    in_flight.finish().await?;
    Ok(())
}
