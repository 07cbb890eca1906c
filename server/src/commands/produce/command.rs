//! The command: its arguments, their checks, and the way of a line to the sender.

use super::lines::{self, Line, Stop};
use super::sender::{Content, Sender, Target};
use crate::commands::data_dir::DataDir;
use crate::interrupt::Interrupts;
use crate::out::Out;
use crate::output;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use headwater::log::{CompressionType, Env, Header, Log, NewTopic, ProducerOptions, Timestamp, TopicConfig, TopicName};
use headwater::{topic_keeper, topic_query};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Records wait at most this long for others to share their batch (Kafka's `linger.ms`).
const LINGER: Duration = Duration::from_millis(5);

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
    /// A key or value that is this text is null; a null value with a key deletes the key (a tombstone)
    #[arg(long, value_name = "TEXT")]
    null_marker: Option<String>,
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

pub(crate) async fn run(arguments: ProduceArguments, out: &mut Out<'_>) -> Result<()> {
    // Everything that can be wrong without looking into the directory comes first, so that a slip neither creates nor opens one.
    let topic = TopicName::new(&arguments.topic)?;
    if let Some(keeper) = topic_keeper(&topic) {
        bail!("topic {topic} belongs to {keeper}; produce to another one");
    }
    let compression = compression(&arguments.compression)?;
    let headers = arguments.headers.iter().map(|entry| header(entry)).collect::<Result<Vec<_>>>()?;
    if arguments.key_separator.as_deref() == Some("") {
        bail!("--key-separator takes a text of at least one character");
    }
    let log = Arc::new(arguments.data.open_log()?);
    let shared: Arc<dyn Log> = log.clone();
    let done = produce(&shared, &arguments, topic, (compression, headers)).await;
    let closed = log.close();
    let count = done?;
    closed?;
    out.line(format_args!("appended {} to {}", counted(count), arguments.topic))
}

fn counted(records: u64) -> String {
    format!("{} record{}", output::count(records), if records == 1 { "" } else { "s" })
}

async fn produce(
    log: &Arc<dyn Log>,
    arguments: &ProduceArguments,
    topic: TopicName,
    (compression, headers): (CompressionType, Vec<Header>),
) -> Result<u64> {
    if let Some(query) = topic_query(log, &topic).await? {
        bail!("topic {topic} holds what {query} remembers or regroups; produce to a topic that it reads");
    }
    let (partition_count, batch_bytes_max) = prepare(log.as_ref(), &topic, arguments.partition).await?;
    let options = ProducerOptions { client_id: "headwater-produce".into(), transactional_id: None };
    let target = Target { topic, partition_count, compression, headers, partition: arguments.partition, batch_bytes_max };
    let mut sender = Sender::new(target, log.producer(options).await?);
    let env = Env::real();
    let input = lines::read(&env, std::io::stdin(), batch_bytes_max);
    let sent = send(&env, input, &mut sender, arguments).await;
    // What came before a bad line is appended all the same.
    let flushed = sender.flush().await;
    let appended = sender.appended();
    sent.and(flushed).map_err(|error| error.context(format!("stopped after {} had been appended", counted(appended)))).map(|()| appended)
}

/// Creates the topic if it is missing; how many partitions it has and how large a batch may be.
async fn prepare(log: &dyn Log, topic: &TopicName, partition: Option<i32>) -> Result<(i32, usize)> {
    let admin = log.admin();
    let exists = admin.list_topics().await?.contains(topic);
    let (count, config) = if exists {
        let description = admin.describe_topic(topic).await?;
        (description.partitions.len() as i32, description.config)
    } else {
        (1, TopicConfig::default())
    };
    if let Some(partition) = partition.filter(|partition| !(0..count).contains(partition)) {
        let all = if count == 1 { "only the partition 0".to_string() } else { format!("the partitions 0 to {}", count - 1) };
        bail!("{topic} {} {all}, not {partition}", if exists { "has" } else { "does not exist and would be created with" });
    }
    if !exists {
        admin.create_topic(NewTopic::new(topic.clone(), 1)).await?;
    }
    Ok((count, usize::try_from(config.max_message_bytes).unwrap_or_default()))
}

/// Sends lines until the input ends or the user interrupts.
async fn send(
    env: &Env,
    mut input: mpsc::Receiver<Result<Vec<Line>, Stop>>,
    sender: &mut Sender,
    arguments: &ProduceArguments,
) -> Result<()> {
    let mut interrupts = Interrupts::begin();
    loop {
        let chunk = tokio::select! {
            biased;
            () = interrupts.requested() => return Ok(()),
            chunk = input.recv() => chunk,
            () = env.clock.sleep(LINGER), if sender.is_waiting() => {
                sender.send_all().await?;
                continue;
            }
        };
        let Some(chunk) = chunk else { return Ok(()) };
        for line in chunk.map_err(|stop| anyhow!("{stop}"))? {
            let (key, value) = split(&line.bytes, arguments);
            let now = Timestamp(env.clock.wall_ms());
            sender.append(Content { key, value, line: line.number }, now).await?;
        }
    }
}

/// Key and value of a line.
fn split<'a>(line: &'a [u8], arguments: &'a ProduceArguments) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
    let present = |bytes: &&[u8]| arguments.null_marker.as_ref().is_none_or(|marker| marker.as_bytes() != *bytes);
    let (key, value) = match arguments.key_separator.as_deref().map(str::as_bytes) {
        Some(separator) => match line.windows(separator.len()).position(|window| window == separator) {
            Some(place) => (Some(&line[..place]), &line[place + separator.len()..]),
            None => (None, line),
        },
        None => (arguments.key.as_deref().map(str::as_bytes), line),
    };
    (key.filter(present), Some(value).filter(present))
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use headwater::log::{MemoryLog, OffsetSpec};

    #[derive(Parser)]
    struct Whole {
        #[command(flatten)]
        arguments: ProduceArguments,
    }

    fn arguments(words: &[&str]) -> ProduceArguments {
        Whole::parse_from(["produce", "t"].iter().chain(words)).arguments
    }

    #[tokio::test]
    async fn a_line_is_appended_though_no_further_one_comes() {
        let log = MemoryLog::new();
        let topic = TopicName::new("t").expect("a topic name");
        let (partition_count, batch_bytes_max) = prepare(&log, &topic, None).await.expect("created");
        let producer = log.producer(ProducerOptions::default()).await.expect("a producer");
        let target = Target {
            topic: topic.clone(),
            partition_count,
            compression: CompressionType::None,
            headers: Vec::new(),
            partition: None,
            batch_bytes_max,
        };
        let mut sender = Sender::new(target, producer);
        let (lines, input) = mpsc::channel(1);
        lines.send(Ok(vec![Line { number: 1, bytes: b"a".to_vec() }])).await.expect("the receiver is there");
        let appended = async {
            let admin = log.admin();
            while admin.find_offset(&topic.partition(0), OffsetSpec::Latest).await.expect("known").is_none_or(|end| end.offset.0 == 0) {
                tokio::task::yield_now().await;
            }
        };
        let (env, arguments) = (Env::real(), arguments(&[]));
        tokio::select! {
            ended = send(&env, input, &mut sender, &arguments) => panic!("the input is still open: {ended:?}"),
            () = appended => {}
        }
        drop(lines);
    }

    #[test]
    fn a_line_is_split_and_marked_as_the_arguments_say() {
        type Expected<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);
        let cases: [(&[&str], &[u8], Expected<'_>); 5] = [
            (&[], b"a:b", (None, Some(b"a:b"))),
            (&["--key-separator", ":"], b"a:b:c", (Some(b"a"), Some(b"b:c"))),
            (&["--key-separator", "::"], b"a:b", (None, Some(b"a:b"))),
            (&["--key", "k", "--null-marker", "-"], b"-", (Some(b"k"), None)),
            (&["--key-separator", ":", "--null-marker", ""], b":", (None, None)),
        ];
        for (words, line, expected) in cases {
            assert_eq!(split(line, &arguments(words)), expected, "{words:?}");
        }
    }
}
