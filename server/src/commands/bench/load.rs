//! Generated records: how many, how large, of what, and the topic they go to.

use super::gauge::Goal;
use crate::commands::compression;
use crate::offsets::span;
use anyhow::{Context, Result, bail};
use clap::Args;
use headwater::log::{Admin, CompressionType, Env, Mono, NewTopic, TopicConfig, TopicName};
use headwater::topic_keeper;
use std::time::Duration;
use tokio::sync::oneshot;

/// Generated values are cut from so many characters, which repeat: codecs find about as much in them as in text.
const POOL_BYTES: usize = 1 << 20;
/// The moment a record was due, in nanoseconds, stands at the beginning of its value if that has room for it.
pub(super) const STAMP_BYTES: usize = 8;

/// What is appended.
#[derive(Clone, Debug, Args)]
pub(super) struct LoadArguments {
    /// The topic; created if it does not exist
    #[arg(default_value = "headwater-bench")]
    pub(super) topic: String,
    /// How many records
    #[arg(short = 'n', long)]
    records: Option<u64>,
    /// How long: 10s, 1m30s
    #[arg(short, long, value_name = "DURATION", conflicts_with = "records")]
    duration: Option<String>,
    /// The size of a value, in bytes
    #[arg(short = 's', long, default_value_t = 100, value_name = "BYTES")]
    pub(super) record_size: usize,
    /// Gives records keys, so many different ones; without it they have none
    #[arg(long, default_value_t = 0, value_name = "COUNT")]
    keys: u64,
    /// The codec of the batches: none, gzip, snappy, lz4 or zstd
    #[arg(short = 'z', long, default_value = "none")]
    compression: String,
    /// How many partitions the topic gets if it is created
    #[arg(short, long, default_value_t = 1)]
    partitions: i32,
    /// A configuration entry of the topic if it is created: -c headwater.flush=os
    #[arg(short, long = "config", value_name = "KEY=VALUE")]
    config: Vec<String>,
    /// The same seed gives the same values
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl LoadArguments {
    /// What is wrong whatever the log holds.
    pub(super) fn check(&self) -> Result<()> {
        self.topic()?;
        self.compression()?;
        self.goal(Goal::default())?;
        self.topic_config()?;
        if self.record_size > 64 << 20 {
            bail!("--record-size takes at most 64 MiB, not {} bytes", self.record_size);
        }
        Ok(())
    }

    pub(super) fn topic(&self) -> Result<TopicName> {
        let topic = TopicName::new(&self.topic)?;
        match topic_keeper(&topic) {
            Some(keeper) => bail!("topic {topic} belongs to {keeper}; choose another one"),
            None => Ok(topic),
        }
    }

    pub(super) fn compression(&self) -> Result<CompressionType> {
        compression(&self.compression)
    }

    /// How far the load goes; `default` where nothing is said.
    pub(super) fn goal(&self, default: Goal) -> Result<Goal> {
        let duration = self.duration.as_deref().map(duration).transpose()?;
        Ok(if self.records.is_some() || duration.is_some() { Goal { records: self.records, duration } } else { default })
    }

    fn topic_config(&self) -> Result<TopicConfig> {
        let mut config = TopicConfig::default();
        for entry in &self.config {
            let Some((key, value)) = entry.split_once('=') else { bail!("--config takes KEY=VALUE, not {entry:?}") };
            config.set(key, value)?;
        }
        Ok(config)
    }

    /// Creates the topic if it is missing; how many partitions it has.
    pub(super) async fn prepare(&self, admin: &dyn Admin) -> Result<i32> {
        let topic = self.topic()?;
        if !admin.list_topics().await?.contains(&topic) {
            let new = NewTopic::new(topic.clone(), self.partitions).with_config(self.topic_config()?);
            admin.create_topic(new).await.context("the topic was not created")?;
        }
        Ok(i32::try_from(admin.describe_topic(&topic).await?.partitions.len())?)
    }

    /// A generator of its own for a worker.
    pub(super) fn generator(&self, worker: u64) -> Generator {
        Generator::new(self.record_size, self.keys, self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(worker))
    }
}

/// A duration that is not nothing.
pub(super) fn duration(text: &str) -> Result<Duration> {
    let duration = span(text).context("--duration")?;
    if duration.is_zero() {
        bail!("--duration takes more than nothing");
    }
    Ok(duration)
}

/// Keys and values, as large as they are asked for. The same seed gives the same ones.
#[derive(Clone, Debug)]
pub(super) struct Generator {
    pool: Vec<u8>,
    value: Vec<u8>,
    key: Vec<u8>,
    keys: u64,
    state: u64,
}

impl Generator {
    fn new(size_bytes: usize, keys: u64, seed: u64) -> Generator {
        const CHARACTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .";
        let mut generator = Generator { pool: Vec::new(), value: vec![0; size_bytes], key: Vec::new(), keys, state: seed };
        let characters = (0..POOL_BYTES.max(2 * size_bytes)).map(|_| CHARACTERS[(generator.random() >> 58) as usize]);
        generator.pool = characters.collect();
        generator
    }

    /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The next key and value; the value is stamped with the moment it is due.
    pub(super) fn next(&mut self, due: Mono) -> (Option<&[u8]>, &[u8]) {
        let random = self.random();
        let start = (random >> 32) as usize % (self.pool.len() - self.value.len() + 1);
        let size_bytes = self.value.len();
        self.value.copy_from_slice(&self.pool[start..start + size_bytes]);
        if let Some(stamp) = self.value.first_chunk_mut::<STAMP_BYTES>() {
            *stamp = due.0.to_be_bytes();
        }
        if self.keys == 0 {
            return (None, &self.value);
        }
        self.key.clear();
        self.key.extend_from_slice(format!("key-{}", random % self.keys).as_bytes());
        (Some(&self.key), &self.value)
    }
}

/// The moment a record was due; `None` if its value has no room for it.
pub(super) fn stamp(value: &[u8]) -> Option<Mono> {
    value.first_chunk::<STAMP_BYTES>().map(|stamp| Mono(u64::from_be_bytes(*stamp)))
}

/// Runs work beside others from now on, on any thread; the answer is what it returned.
pub(super) fn beside<T, W>(env: &Env, name: &'static str, work: W) -> impl Future<Output = Result<T>> + use<T, W>
where
    T: Send + 'static,
    W: Future<Output = Result<T>> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let told = async move {
        // Nobody waits for it after another one's failure.
        let _ = sender.send(work.await);
    };
    drop(env.spawner.spawn(name, Box::pin(told)));
    async { receiver.await.context("a worker has ended early")? }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_records_and_another_seed_others() {
        let records = |seed| {
            let mut generator = Generator::new(50, 10, seed);
            (0..20)
                .map(|index| {
                    let (key, value) = generator.next(Mono(index));
                    (key.map(<[u8]>::to_vec), value.to_vec())
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(records(1), records(1));
        assert_ne!(records(1), records(2));
        assert!(records(1).iter().all(|(key, value)| key.as_ref().is_some_and(|key| key.starts_with(b"key-")) && value.len() == 50));
        assert_eq!(
            records(1).iter().map(|(_, value)| stamp(value)).collect::<Vec<_>>(),
            (0..20).map(|index| Some(Mono(index))).collect::<Vec<_>>()
        );
    }

    #[test]
    fn sizes_without_room_for_a_stamp_are_kept() {
        for size_bytes in [0, 1, 7] {
            let mut generator = Generator::new(size_bytes, 0, 1);
            let (key, value) = generator.next(Mono(1));
            assert_eq!((key, value.len(), stamp(value)), (None, size_bytes, None));
        }
    }
}
