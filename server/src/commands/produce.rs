//! `headwater produce`: appends lines from standard input to a topic, one record a line.

use super::data_dir::DataDir;
use crate::output;
use anyhow::{Context, Result, bail};
use clap::Args;
use headwater::log::{
    Admin, BatchBuilder, CompressionType, Delivery, Header, Log, NewTopic, Producer, ProducerOptions, Timestamp, TopicName,
    partition_for_key,
};
use std::collections::VecDeque;
use std::io::BufRead;
use std::sync::Arc;

/// A batch is sent once it holds this many bytes.
const BATCH_BYTES: usize = 64 * 1024;
/// At most this many batches are on their way at once.
const IN_FLIGHT_MAX: usize = 16;

/// Arguments of `headwater produce`.
#[derive(Debug, Args)]
pub(crate) struct ProduceArguments {
    #[command(flatten)]
    data: DataDir,
    /// The topic; created with one partition if it does not exist
    topic: String,
    /// The key of every record
    #[arg(short, long)]
    key: Option<String>,
    /// Splits each line into key and value at the first occurrence of this text
    #[arg(long, value_name = "TEXT", conflicts_with = "key")]
    key_separator: Option<String>,
    /// The partition; without it the key decides as in Kafka, and records without a key take turns batch by batch
    #[arg(short, long)]
    partition: Option<i32>,
    /// A header of every record
    #[arg(short = 'H', long = "header", value_name = "KEY=VALUE")]
    headers: Vec<String>,
    /// The codec of the batches: none, gzip, snappy, lz4 or zstd
    #[arg(short = 'z', long, default_value = "none")]
    compression: String,
}

struct Sender {
    topic: TopicName,
    producer: Arc<dyn Producer>,
    compression: CompressionType,
    open: Vec<BatchBuilder>,
    in_flight: VecDeque<Delivery>,
    keyless_next: usize,
    count: u64,
}

pub(crate) async fn run(arguments: ProduceArguments) -> Result<()> {
    let log = arguments.data.open_log()?;
    let done = produce(&log, &arguments).await;
    log.close()?;
    println!("appended {} records to {}", output::count(done?), arguments.topic);
    Ok(())
}

async fn produce(log: &dyn Log, arguments: &ProduceArguments) -> Result<u64> {
    let topic = TopicName::new(&arguments.topic)?;
    let partition_count = partition_count(log.admin().as_ref(), &topic).await?;
    let compression = compression(&arguments.compression)?;
    let headers = arguments.headers.iter().map(|entry| header(entry)).collect::<Result<Vec<_>>>()?;
    if let Some(partition) = arguments.partition.filter(|partition| !(0..partition_count).contains(partition)) {
        bail!("{topic} has the partitions 0 to {}, not {partition}", partition_count - 1);
    }
    let options = ProducerOptions { client_id: "headwater-produce".into(), transactional_id: None };
    let mut sender = Sender {
        producer: log.producer(options).await?,
        open: (0..partition_count).map(|_| BatchBuilder::new(compression)).collect(),
        in_flight: VecDeque::new(),
        keyless_next: 0,
        count: 0,
        topic,
        compression,
    };
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? {
        let (key, value) = split(&line, arguments);
        sender.append(key, value, &headers, arguments.partition).await?;
    }
    sender.finish().await
}

async fn partition_count(admin: &dyn Admin, topic: &TopicName) -> Result<i32> {
    if !admin.list_topics().await?.contains(topic) {
        admin.create_topic(NewTopic::new(topic.clone(), 1)).await?;
    }
    Ok(admin.describe_topic(topic).await?.partitions.len() as i32)
}

/// Reads one line without its line end; `false` at the end of the input.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool> {
    line.clear();
    if input.read_until(b'\n', line).context("cannot read standard input")? == 0 {
        return Ok(false);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(true)
}

fn split<'a>(line: &'a [u8], arguments: &'a ProduceArguments) -> (Option<&'a [u8]>, &'a [u8]) {
    if let Some(separator) = arguments.key_separator.as_deref().filter(|separator| !separator.is_empty()) {
        let place = line.windows(separator.len()).position(|window| window == separator.as_bytes());
        return match place {
            Some(place) => (Some(&line[..place]), &line[place + separator.len()..]),
            None => (None, line),
        };
    }
    (arguments.key.as_deref().map(str::as_bytes), line)
}

fn header(entry: &str) -> Result<Header> {
    let Some((key, value)) = entry.split_once('=') else { bail!("--header takes KEY=VALUE, not {entry:?}") };
    Ok(Header { key: key.to_string().into(), value: Some(value.to_string().into()) })
}

fn compression(name: &str) -> Result<CompressionType> {
    Ok(match name {
        "none" => CompressionType::None,
        "gzip" => CompressionType::Gzip,
        "snappy" => CompressionType::Snappy,
        "lz4" => CompressionType::Lz4,
        "zstd" => CompressionType::Zstd,
        _ => bail!("unknown compression {name:?}; it is one of none, gzip, snappy, lz4, zstd"),
    })
}

impl Sender {
    async fn append(&mut self, key: Option<&[u8]>, value: &[u8], headers: &[Header], partition: Option<i32>) -> Result<()> {
        let index = match (partition, key) {
            (Some(partition), _) => partition as usize,
            (None, Some(key)) => partition_for_key(key, self.open.len() as i32) as usize,
            (None, None) => self.keyless_next,
        };
        let now = Timestamp(headwater::log::Env::real().clock.wall_ms());
        self.open[index].append_parts(now, key, Some(value), headers)?;
        self.count += 1;
        if self.open[index].size_bytes() >= BATCH_BYTES {
            self.keyless_next = (self.keyless_next + 1) % self.open.len();
            self.send(index).await?;
        }
        Ok(())
    }

    async fn send(&mut self, index: usize) -> Result<()> {
        let batch = std::mem::replace(&mut self.open[index], BatchBuilder::new(self.compression)).build();
        let delivery = self.producer.send(&self.topic.partition(index as i32), batch).await?;
        self.in_flight.push_back(delivery);
        while self.in_flight.len() > IN_FLIGHT_MAX {
            self.settle_oldest().await?;
        }
        Ok(())
    }

    async fn settle_oldest(&mut self) -> Result<()> {
        if let Some(delivery) = self.in_flight.pop_front() {
            delivery.await?;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<u64> {
        for index in 0..self.open.len() {
            if !self.open[index].is_empty() {
                self.send(index).await?;
            }
        }
        while !self.in_flight.is_empty() {
            self.settle_oldest().await?;
        }
        Ok(self.count)
    }
}
