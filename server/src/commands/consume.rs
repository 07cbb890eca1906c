//! `headwater consume`: prints the records of a topic, from a position to the end the topic has now.

use super::data_dir::DataDir;
use crate::out::Out;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use headwater::log::{
    Admin, Consumer, ConsumerOptions, FetchLimit, Log, Offset, OffsetRecord, OffsetSpec, Position, Timestamp, TopicName, TopicPartition,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Arguments of `headwater consume`.
#[derive(Debug, Args)]
pub(crate) struct ConsumeArguments {
    #[command(flatten)]
    data: DataDir,
    /// The topic
    topic: String,
    /// How each record is printed
    #[arg(short, long, value_enum, default_value_t = Format::Value)]
    output: Format,
    /// Only this partition
    #[arg(short, long)]
    partition: Option<i32>,
    /// Where to begin: start, an offset, or @ and a time in milliseconds since 1970
    #[arg(long, default_value = "start")]
    offset: String,
    /// Stop after this many records
    #[arg(short = 'n', long, value_name = "COUNT")]
    number: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// The value alone, a line each
    Value,
    /// Key, a tab, the value
    KeyValue,
    /// A JSON object with topic, partition, offset, timestamp, key, value, headers
    Json,
}

pub(crate) async fn run(arguments: ConsumeArguments, out: &mut Out<'_>) -> Result<()> {
    let topic = TopicName::new(&arguments.topic)?;
    let log = arguments.data.open_existing_log()?;
    let done = consume(&log, topic, &arguments, out).await;
    let closed = log.close();
    // What failed first is what the user must know.
    done?;
    Ok(closed?)
}

async fn consume(log: &dyn Log, topic: TopicName, arguments: &ConsumeArguments, out: &mut Out<'_>) -> Result<()> {
    let admin = log.admin();
    let description = admin.describe_topic(&topic).await?;
    if let Some(partition) = arguments.partition.filter(|partition| !(0..description.partitions.len() as i32).contains(partition)) {
        bail!("{topic} has the partitions 0 to {}, not {partition}", description.partitions.len() - 1);
    }
    let chosen = description.partitions.iter().filter(|info| arguments.partition.is_none_or(|partition| partition == info.partition));
    let mut ends: BTreeMap<TopicPartition, Offset> = BTreeMap::new();
    let mut positions = Vec::new();
    for info in chosen {
        let partition = topic.partition(info.partition);
        let position = position(admin.as_ref(), &partition, &arguments.offset, info.log_start).await?;
        if position < info.last_stable {
            ends.insert(partition.clone(), info.last_stable);
            positions.push((partition, Position::At(position)));
        }
    }
    let mut consumer = log.consumer(ConsumerOptions { client_id: "headwater-consume".into(), ..ConsumerOptions::default() }).await?;
    consumer.assign(&positions).await?;
    print_until(consumer.as_mut(), ends, arguments, out).await
}

async fn position(admin: &dyn Admin, partition: &TopicPartition, text: &str, log_start: Offset) -> Result<Offset> {
    if text == "start" {
        return Ok(log_start);
    }
    if let Some(time) = text.strip_prefix('@') {
        let Ok(time) = time.parse::<i64>() else { bail!("--offset @TIME takes milliseconds since 1970, not {time:?}") };
        let found = admin.find_offset(partition, OffsetSpec::AtOrAfter(Timestamp(time))).await?;
        return Ok(found.map_or(Offset(i64::MAX), |found| found.offset));
    }
    match text.parse::<i64>() {
        Ok(offset) if offset >= 0 => Ok(Offset(offset).max(log_start)),
        _ => bail!("--offset takes start, an offset from 0, or @ and a time in milliseconds, not {text:?}"),
    }
}

async fn print_until(
    consumer: &mut dyn Consumer,
    mut ends: BTreeMap<TopicPartition, Offset>,
    arguments: &ConsumeArguments,
    out: &mut Out<'_>,
) -> Result<()> {
    let mut left = arguments.number.unwrap_or(u64::MAX);
    while !ends.is_empty() && left > 0 {
        let poll = consumer.poll(FetchLimit::default()).await?;
        for fetched in &poll.batches {
            let Some(end) = ends.get(&fetched.partition).copied() else { continue };
            for record in fetched.batch.records()? {
                let record = record?;
                if record.offset >= fetched.from && record.offset < end && left > 0 {
                    print(out, &fetched.partition, &record, arguments.output)?;
                    left -= 1;
                }
            }
        }
        ends.retain(|partition, end| consumer.position(partition).is_some_and(|position| position < *end));
        if poll.batches.is_empty() && !ends.is_empty() {
            consumer.ready().await;
        }
    }
    out.flush()
}

fn print(out: &mut Out<'_>, partition: &TopicPartition, record: &OffsetRecord, format: Format) -> Result<()> {
    let value = record.record.value.as_deref().unwrap_or_default();
    match format {
        Format::Value => out.bytes(value)?,
        Format::KeyValue => {
            out.bytes(record.record.key.as_deref().unwrap_or_default())?;
            out.bytes(b"\t")?;
            out.bytes(value)?;
        }
        Format::Json => out.bytes(as_json(partition, record).to_string().as_bytes())?,
    }
    out.bytes(b"\n")
}

fn as_json(partition: &TopicPartition, record: &OffsetRecord) -> Value {
    let header =
        |header: &headwater::log::Header| json!({"key": String::from_utf8_lossy(&header.key), "value": text(header.value.as_deref())});
    json!({
        "topic": partition.topic.as_str(),
        "partition": partition.partition,
        "offset": record.offset.0,
        "timestamp": record.record.timestamp.0,
        "key": text(record.record.key.as_deref()),
        "value": text(record.record.value.as_deref()),
        "headers": record.record.headers.iter().map(header).collect::<Vec<_>>(),
    })
}

/// Text as a string, absence as null, other bytes as `{"hex": "…"}`.
fn text(bytes: Option<&[u8]>) -> Value {
    match bytes.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => Value::Null,
        Some((_, Ok(text))) => Value::from(text),
        Some((bytes, Err(_))) => json!({"hex": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()}),
    }
}
