//! The command: listing and describing, and nothing that ends a transaction.

use crate::kafka_form;
use crate::out::Out;
use crate::output;
use crate::place::{LogChoice, OpenLog};
use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use headwater::admin::{ActiveProducer, TransactionDescription, TransactionFilter, TransactionListing};
use headwater::log::{Env, KafkaCode, TopicPartition};
use serde_json::json;
use std::fmt::Display;

/// Arguments of `headwater transaction`.
#[derive(Debug, Args)]
pub(crate) struct TransactionArguments {
    #[command(flatten)]
    log: LogChoice,
    /// One JSON object a line instead of a table
    #[arg(long, global = true)]
    json: bool,
    /// The lines of kafka-transactions.sh
    #[arg(long, global = true, conflicts_with = "json")]
    kafka: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the transactional ids and the state of each
    #[command(after_help = "Example: headwater transaction list --bootstrap 127.0.0.1:9092")]
    List {
        /// Only those whose transaction has been open for longer than so many milliseconds
        #[arg(long, value_name = "MS")]
        open_for_ms: Option<i64>,
        /// Only those that match a regular expression as a whole
        #[arg(long, value_name = "REGEX")]
        pattern: Option<String>,
    },
    /// Show transactional ids: producer, state, and the partitions of an open transaction
    #[command(after_help = "Example: headwater transaction describe billing-1 --bootstrap 127.0.0.1:9092")]
    Describe {
        /// The ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Show the idempotent and transactional producers that partitions of a topic remember, and where open transactions begin
    #[command(after_help = "Example: headwater transaction producers orders:0 --bootstrap 127.0.0.1:9092")]
    Producers {
        /// The topic, with or without partitions: t or t:0,2-4
        #[arg(value_name = "TOPIC[:PARTITIONS]")]
        topic: String,
    },
}

pub(crate) async fn run(arguments: TransactionArguments, out: &mut Out<'_>) -> Result<()> {
    let log = arguments.log.open_existing().await?;
    let form = Form::of(&arguments);
    let done = match arguments.action {
        Action::List { open_for_ms, pattern } => list(&log, &TransactionFilter { open_for_ms, pattern }, form, out).await,
        Action::Describe { ids } => describe(&log, &ids, form, out).await,
        Action::Producers { topic } => producers(&log, &topic, form, out).await,
    };
    log.finish(done)
}

/// How answers look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Table,
    Json,
    Kafka,
}

impl Form {
    fn of(arguments: &TransactionArguments) -> Form {
        match (arguments.json, arguments.kafka) {
            (true, _) => Form::Json,
            (_, true) => Form::Kafka,
            _ => Form::Table,
        }
    }
}

async fn list(log: &OpenLog, filter: &TransactionFilter, form: Form, out: &mut Out<'_>) -> Result<()> {
    let found = log.control().await?.list_transactions(filter).await?;
    match form {
        Form::Json => {
            return found.iter().try_for_each(|one| {
                let TransactionListing { transactional_id, coordinator, producer_id, state } = one;
                out.line(json!({"id": transactional_id, "coordinator": coordinator, "producer_id": producer_id, "state": state}))
            });
        }
        Form::Kafka => return kafka_form::transactions_listed(&found, out),
        Form::Table => {}
    }
    let row = |one: &TransactionListing| {
        vec![one.transactional_id.clone(), one.coordinator.to_string(), one.producer_id.to_string(), one.state.clone()]
    };
    output::table(out, &["ID", "COORDINATOR", "PRODUCER", "STATE"], found.iter().map(row).collect())
}

async fn describe(log: &OpenLog, ids: &[String], form: Form, out: &mut Out<'_>) -> Result<()> {
    let control = log.control().await?;
    let mut rows = Vec::new();
    for id in ids {
        let found = control.describe_transaction(id).await.map_err(|error| match error.code() {
            Some(KafkaCode::TransactionalIdNotFound) => {
                anyhow!("transactional id {id} does not exist; headwater transaction list lists those there are")
            }
            _ => error.into(),
        })?;
        match form {
            Form::Json => out.line(details(&found))?,
            Form::Kafka => kafka_form::transaction(&found, Env::real().clock.wall_ms(), out)?,
            Form::Table => rows.push(row(&found)),
        }
    }
    if form != Form::Table {
        return Ok(());
    }
    output::table(out, &["ID", "COORDINATOR", "PRODUCER", "EPOCH", "STATE", "TIMEOUT", "OPEN FOR", "PARTITIONS"], rows)
}

fn row(found: &TransactionDescription) -> Vec<String> {
    let now_ms = Env::real().clock.wall_ms();
    let partitions: Vec<String> = found.partitions.iter().map(TopicPartition::to_string).collect();
    vec![
        found.transactional_id.clone(),
        found.coordinator.to_string(),
        found.producer.0.to_string(),
        found.producer.1.to_string(),
        found.state.clone(),
        format!("{} ms", found.timeout_ms),
        found.started_ms.map_or_else(|| "-".to_string(), |started| format!("{} ms", (now_ms - started).max(0))),
        if partitions.is_empty() { "-".to_string() } else { partitions.join(", ") },
    ]
}

fn details(found: &TransactionDescription) -> serde_json::Value {
    let partitions = found.partitions.iter();
    let partitions = partitions.map(|one| json!({"topic": one.topic.as_str(), "partition": one.partition}));
    json!({
        "id": found.transactional_id,
        "coordinator": found.coordinator,
        "producer_id": found.producer.0,
        "producer_epoch": found.producer.1,
        "state": found.state,
        "timeout_ms": found.timeout_ms,
        "started_ms": found.started_ms,
        "partitions": partitions.collect::<Vec<_>>(),
    })
}

async fn producers(log: &OpenLog, topic: &str, form: Form, out: &mut Out<'_>) -> Result<()> {
    let chosen = crate::offsets::Partitions::parse(topic)?;
    let known = log.admin().describe_topic(&chosen.topic).await?;
    chosen.check(known.partitions.len())?;
    let control = log.control().await?;
    let mut rows = Vec::new();
    for info in known.partitions.iter().filter(|info| chosen.contains(info.partition)) {
        let partition = chosen.topic.partition(info.partition);
        let found = control.describe_producers(&partition).await?;
        match form {
            Form::Json => found.iter().try_for_each(|producer| out.line(producer_details(&partition, producer)))?,
            Form::Kafka => kafka_form::producers(&found, out)?,
            Form::Table => rows.extend(found.iter().map(|producer| producer_row(&partition, producer))),
        }
    }
    if form != Form::Table {
        return Ok(());
    }
    output::table(out, &["TOPIC", "PARTITION", "PRODUCER", "EPOCH", "LAST SEQUENCE", "TRANSACTION FROM"], rows)
}

fn producer_row(partition: &TopicPartition, producer: &ActiveProducer) -> Vec<String> {
    fn cell(number: Option<impl Display>) -> String {
        number.map_or_else(|| "-".to_string(), |number| number.to_string())
    }
    vec![
        partition.topic.to_string(),
        partition.partition.to_string(),
        producer.producer_id.to_string(),
        producer.epoch.to_string(),
        cell(producer.last_sequence),
        cell(producer.transaction_start),
    ]
}

fn producer_details(partition: &TopicPartition, producer: &ActiveProducer) -> serde_json::Value {
    json!({
        "topic": partition.topic.as_str(),
        "partition": partition.partition,
        "producer_id": producer.producer_id,
        "producer_epoch": producer.epoch,
        "last_sequence": producer.last_sequence,
        "last_timestamp_ms": producer.last_timestamp_ms,
        "transaction_start": producer.transaction_start,
        "coordinator_epoch": producer.coordinator_epoch,
    })
}
