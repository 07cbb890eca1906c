//! A log in a directory: create a topic, produce, consume, and a transaction over two topics that is either all there or not at all.
//!
//! Run it with `cargo run -p headwater-examples --example embedded_log [DIRECTORY]`; without a directory it uses a temporary one.

use anyhow::Result;
use headwater::log::{
    BatchBuilder, CompressionType, ConsumerOptions, EmbeddedLog, EmbeddedOptions, Env, FetchLimit, Log, NewTopic, Position,
    ProducerOptions, RecordBatch, Timestamp, TopicName,
};

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = std::env::args().nth(1).map_or_else(|| folder.path().to_path_buf(), Into::into);
    let env = Env::real();
    let log = EmbeddedLog::open(env.clone(), &path, EmbeddedOptions::default())?;

    let orders = topic(&log, "orders").await?;
    let invoices = topic(&log, "invoices").await?;
    let now = Timestamp(env.clock.wall_ms());

    // A plain producer: what it is told was stored is on disk.
    let producer = log.producer(ProducerOptions::default()).await?;
    let delivery = producer.send(&orders.partition(0), batch(now, &[("alice", "1 apple"), ("bob", "2 pears")])?).await?;
    println!("two orders stored from offset {}", delivery.await?);

    // A transaction: an order and its invoice, or neither.
    let options = ProducerOptions { transactional_id: Some("shop".into()), ..ProducerOptions::default() };
    let shop = log.producer(options).await?;
    for (number, pays) in [("3 plums", true), ("a million figs", false)] {
        shop.begin().await?;
        let order = shop.send(&orders.partition(0), batch(now, &[("carol", number)])?).await?;
        let invoice = shop.send(&invoices.partition(0), batch(now, &[("carol", "to pay")])?).await?;
        if pays {
            shop.commit().await?;
            println!("order at offset {} and invoice at offset {}", order.await?, invoice.await?);
        } else {
            shop.abort().await?;
            println!("{number}: taken back");
        }
    }

    for name in [&orders, &invoices] {
        print_all(&log, name).await?;
    }
    log.close()?;
    Ok(())
}

async fn topic(log: &dyn Log, name: &str) -> Result<TopicName> {
    let name = TopicName::new(name)?;
    if !log.admin().list_topics().await?.contains(&name) {
        log.admin().create_topic(NewTopic::new(name.clone(), 1)).await?;
    }
    Ok(name)
}

fn batch(timestamp: Timestamp, records: &[(&str, &str)]) -> Result<RecordBatch> {
    let mut batch = BatchBuilder::new(CompressionType::None);
    for (key, value) in records {
        batch.append_parts(timestamp, Some(key.as_bytes()), Some(value.as_bytes()), &[])?;
    }
    Ok(batch.build())
}

async fn print_all(log: &dyn Log, topic: &TopicName) -> Result<()> {
    let partition = topic.partition(0);
    let mut consumer = log.consumer(ConsumerOptions::default()).await?;
    consumer.assign(&[(partition.clone(), Position::Earliest)]).await?;
    loop {
        let batches = consumer.poll(FetchLimit::default()).await?.batches;
        if batches.is_empty() {
            return Ok(());
        }
        for fetched in batches {
            for record in fetched.batch.records()? {
                let record = record?;
                let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
                println!("{partition}@{}: {} = {}", record.offset, text(record.key.as_deref()), text(record.value.as_deref()));
            }
        }
    }
}
