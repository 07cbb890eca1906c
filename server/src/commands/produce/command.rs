//! The command: its arguments, their checks, and the way of a line to the sender.

use super::input::{self, Entry, Source, Stop, Templated};
use super::lines::{Lines, Splitter};
use super::sender::{Sender, Target};
use crate::interrupt::Interrupts;
use crate::out::Out;
use crate::output;
use crate::place::LogChoice;
use crate::record_format::{self, Template, TemplateReader};
use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use headwater::log::{Env, ErrorKind, Header, Log, NewTopic, ProducerOptions, Timestamp, TopicName};
use headwater::{topic_keeper, topic_query};
use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Records wait at most this long for others to share their batch (Kafka's `linger.ms`).
const LINGER: Duration = Duration::from_millis(5);

const EXAMPLES: &str = "\
Examples:
  echo 'alice:{\"amount\": 3}' | headwater produce orders -K : --bootstrap 127.0.0.1:9092
  headwater produce orders -f '%k %v\\n' orders.txt --data-dir data";

/// Arguments of `headwater produce`.
#[derive(Debug, Args)]
#[command(after_long_help = record_format::help(EXAMPLES))]
pub(crate) struct ProduceArguments {
    #[command(flatten)]
    log: LogChoice,
    /// The topic; created if it does not exist, with the partitions that `topic create` gives by default
    topic: String,
    /// Files to read instead of standard input, which - names; a line ends with LF or CRLF
    files: Vec<PathBuf>,
    /// The key of every record that has no other
    #[arg(short, long)]
    key: Option<String>,
    /// Splits each line into key and value at the first occurrence of this text; a line without it has no key
    #[arg(short = 'K', long, value_name = "TEXT", conflicts_with = "key", visible_alias = "key-delimiter")]
    key_separator: Option<String>,
    /// Refuses a line without --key-separator
    #[arg(long, requires = "key_separator")]
    key_required: bool,
    /// A key or value that is this text is null; a null value with a key deletes the key (a tombstone)
    #[arg(long, value_name = "TEXT")]
    null_marker: Option<String>,
    /// An empty key or value is null
    #[arg(short = 'Z', long, conflicts_with = "null_marker")]
    null_empty: bool,
    /// Reads records in this form instead of lines, as rpk does: '%k:%v\n', '%p %h{%k=%v;} %v\n', '%K{big32}%k%V{big32}%v'; --help explains
    #[arg(short, long, conflicts_with_all = ["key_separator", "null_marker"])]
    format: Option<String>,
    /// The partition; without it the key decides as in Kafka, and records without a key take turns batch by batch
    #[arg(short, long, value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// A header of every record
    #[arg(short = 'H', long = "header", value_name = "KEY=VALUE")]
    headers: Vec<String>,
    /// The codec of the batches: none, gzip, snappy, lz4 or zstd
    #[arg(short = 'z', long, default_value = "none")]
    compression: String,
    /// Refuses a topic that does not exist
    #[arg(long)]
    no_create: bool,
}

/// Bytes and what to call them in an error.
struct Input {
    name: String,
    reader: Box<dyn Read + Send>,
}

pub(crate) async fn run(arguments: ProduceArguments, out: &mut Out<'_>) -> Result<()> {
    // Everything that can be wrong without looking into the log comes first, so that a slip neither creates nor opens one.
    let topic = TopicName::new(&arguments.topic)?;
    if let Some(keeper) = topic_keeper(&topic) {
        bail!("topic {topic} belongs to {keeper}; produce to another one");
    }
    let compression = crate::commands::compression(&arguments.compression)?;
    let headers = arguments.headers.iter().map(|entry| header(entry)).collect::<Result<Vec<_>>>()?;
    if arguments.key_separator.as_deref() == Some("") {
        bail!("--key-separator takes a text of at least one character");
    }
    if let Some(format) = &arguments.format {
        TemplateReader::new(Template::parse(format)?, std::io::empty(), 0)?;
    }
    let inputs = inputs(&arguments.files)?;
    let log = arguments.log.open().await?;
    let target =
        Target { topic, partition_count: 1, compression, headers: headers.into(), partition: arguments.partition, batch_bytes_max: 0 };
    let done = produce(&log, &arguments, target, inputs).await;
    let count = log.finish(done)?;
    out.line(format_args!("appended {} to {}", counted(count), arguments.topic))
}

fn inputs(files: &[PathBuf]) -> Result<Vec<Input>> {
    let standard = || Input { name: "standard input".to_string(), reader: Box::new(std::io::stdin()) };
    if files.is_empty() {
        return Ok(vec![standard()]);
    }
    let open = |path: &PathBuf| {
        if path.as_os_str() == "-" {
            return Ok(standard());
        }
        let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
            bail!("cannot read {}: it is a directory", path.display());
        }
        Ok(Input { name: path.display().to_string(), reader: Box::new(file) })
    };
    files.iter().map(open).collect()
}

fn counted(records: u64) -> String {
    format!("{} record{}", output::count(records), if records == 1 { "" } else { "s" })
}

async fn produce(log: &Arc<dyn Log>, arguments: &ProduceArguments, mut target: Target, inputs: Vec<Input>) -> Result<u64> {
    let topic = &target.topic;
    if let Some(query) = topic_query(log, topic).await? {
        bail!("topic {topic} holds what {query} remembers or regroups; produce to a topic that it reads");
    }
    (target.partition_count, target.batch_bytes_max) = prepare(log.as_ref(), topic, arguments).await?;
    let batch_bytes_max = target.batch_bytes_max;
    let options = ProducerOptions { client_id: "headwater-produce".into(), transactional_id: None };
    let mut sender = Sender::new(target, log.producer(options).await?);
    let env = Env::real();
    let mut interrupts = Interrupts::begin();
    let mut sent = Ok(true);
    for input in inputs {
        let source = source(input, arguments, batch_bytes_max)?;
        let records = input::read(&env, source).context("the input cannot be read")?;
        sent = send(&env, records, &mut sender, arguments, &mut interrupts).await;
        if !matches!(sent, Ok(true)) {
            break;
        }
        // Line numbers in errors are those of one file.
        sender.send_all().await?;
    }
    // What came before a bad line is appended all the same.
    let flushed = sender.flush().await;
    let appended = sender.appended();
    sent.map(|_| ())
        .and(flushed)
        .map_err(|error| error.context(format!("stopped after {} had been appended", counted(appended))))
        .map(|()| appended)
}

fn source(input: Input, arguments: &ProduceArguments, limit_bytes: usize) -> Result<Box<dyn Source>> {
    let Some(format) = &arguments.format else {
        let null_marker = arguments.null_marker.clone().or(arguments.null_empty.then(String::new));
        let splitter = Splitter { separator: arguments.key_separator.clone(), is_key_required: arguments.key_required, null_marker };
        return Ok(Box::new(Lines::new(input.reader, input.name, limit_bytes, splitter)));
    };
    let reader = BufReader::with_capacity(input::CHUNK_BYTES, input.reader);
    Ok(Box::new(Templated::new(TemplateReader::new(Template::parse(format)?, reader, limit_bytes)?)))
}

/// Creates the topic if it is missing; how many partitions it has and how large a batch may be.
async fn prepare(log: &dyn Log, topic: &TopicName, arguments: &ProduceArguments) -> Result<(i32, usize)> {
    let admin = log.admin();
    let found = match admin.describe_topic(topic).await {
        Err(error) if error.kind() == ErrorKind::Missing => None,
        found => Some(found?),
    };
    let topic = match found {
        Some(found) => found,
        None if arguments.no_create => {
            bail!("topic {topic} does not exist; create it with headwater topic create {topic}, or leave --no-create out")
        }
        None if let Some(partition) = arguments.partition.filter(|partition| *partition != 0) => {
            let count = i64::from(partition) + 1;
            bail!(
                "topic {topic} does not exist, and for --partition {partition} it needs {count} partitions; create it with headwater topic create {topic} -p {count}"
            )
        }
        None => admin.create_topic(NewTopic::new(topic.clone(), NewTopic::DEFAULT_PARTITIONS)).await?,
    };
    let count = topic.partitions.len() as i32;
    if let Some(partition) = arguments.partition.filter(|partition| !(0..count).contains(partition)) {
        let all = if count == 1 { "only the partition 0".to_string() } else { format!("the partitions 0 to {}", count - 1) };
        bail!("{} has {all}, not {partition}", topic.name);
    }
    Ok((count, usize::try_from(topic.config.max_message_bytes).unwrap_or_default()))
}

/// Sends records until the input ends (`true`) or the user interrupts.
async fn send(
    env: &Env,
    mut input: mpsc::Receiver<Result<Vec<Entry>, Stop>>,
    sender: &mut Sender,
    arguments: &ProduceArguments,
    interrupts: &mut Interrupts,
) -> Result<bool> {
    loop {
        let chunk = tokio::select! {
            biased;
            () = interrupts.requested() => return Ok(false),
            chunk = input.recv() => chunk,
            () = env.clock.sleep(LINGER), if sender.is_waiting() => {
                sender.send_all().await?;
                continue;
            }
        };
        let Some(chunk) = chunk else { return Ok(true) };
        for mut entry in chunk.map_err(|stop| anyhow!("{stop}"))? {
            complete(&mut entry, arguments);
            sender.append(entry, Timestamp(env.clock.wall_ms())).await?;
        }
    }
}

/// Fills in what the arguments say of every record.
fn complete(entry: &mut Entry, arguments: &ProduceArguments) {
    let fields = &mut entry.fields;
    if arguments.format.is_some() && arguments.null_empty {
        for text in [&mut fields.key, &mut fields.value] {
            *text = text.take().filter(|text| !text.is_empty());
        }
    }
    if fields.key.is_none() {
        fields.key = arguments.key.as_ref().map(|key| key.as_bytes().to_vec());
    }
}

fn header(entry: &str) -> Result<Header> {
    let Some((key, value)) = entry.split_once('=') else { bail!("--header takes KEY=VALUE, not {entry:?}") };
    Ok(Header { key: key.to_string().into(), value: Some(value.to_string().into()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record_format::Fields;
    use clap::Parser;
    use headwater::log::{CompressionType, MemoryLog, OffsetSpec};

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
        let arguments = arguments(&[]);
        let (partition_count, batch_bytes_max) = prepare(&log, &topic, &arguments).await.expect("created");
        let producer = log.producer(ProducerOptions::default()).await.expect("a producer");
        let target = Target {
            topic: topic.clone(),
            partition_count,
            compression: CompressionType::None,
            headers: Arc::new([]),
            partition: None,
            batch_bytes_max,
        };
        let mut sender = Sender::new(target, producer);
        let (lines, input) = mpsc::channel(1);
        lines
            .send(Ok(vec![Entry { number: 1, fields: Fields { value: Some(b"a".to_vec()), ..Fields::default() } }]))
            .await
            .expect("the receiver is there");
        let appended = async {
            let admin = log.admin();
            while admin.find_offset(&topic.partition(0), OffsetSpec::Latest).await.expect("known").is_none_or(|end| end.offset.0 == 0) {
                tokio::task::yield_now().await;
            }
        };
        let (env, mut interrupts) = (Env::real(), Interrupts::begin());
        tokio::select! {
            ended = send(&env, input, &mut sender, &arguments, &mut interrupts) => panic!("the input is still open: {ended:?}"),
            () = appended => {}
        }
        drop(lines);
    }

    #[test]
    fn what_the_arguments_say_of_every_record_is_filled_in() {
        let cases: [(&[&str], Option<&str>, Option<&str>); 4] = [
            (&[], None, None),
            (&["--key", "k"], None, Some("k")),
            (&["--key", "k"], Some("own"), Some("own")),
            (&["--key", "k", "-Z", "-f", "%k %v\\n"], Some(""), Some("k")),
        ];
        for (words, key, expected) in cases {
            let mut entry = Entry { number: 1, fields: Fields { key: key.map(|key| key.into()), ..Fields::default() } };
            complete(&mut entry, &arguments(words));
            assert_eq!(entry.fields.key.as_deref(), expected.map(str::as_bytes), "{words:?}");
        }
    }
}
