//! Settings of the node that clients change at run time: durable names and values, in memory for reading.
//!
//! Always holds: memory shows what is durable or will be before anything staged later is.

use crate::node::committer::{Answer, Waiter};
use crate::node::core::{Core, closed};
use crate::node::metadata_codec::Fact;
use crate::node::offsets::for_each_record;
use crate::node::topics::metadata_partition;
use futures::channel::oneshot;
use log_client::{Error, Result};
use log_model::{CompressionType, Timestamp};
use log_record::BatchBuilder;
use log_storage::DataDirectory;
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// All settings, by name.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    values: Mutex<BTreeMap<String, Vec<u8>>>,
}

/// What to change: a name and its new value, or none to take it back.
pub(crate) type SettingChange = (String, Option<Vec<u8>>);

/// A value as it is stored.
pub(crate) fn encode_setting(value: &impl Serialize) -> Result<Vec<u8>> {
    rmp_serde::to_vec_named(value).map_err(|error| Error::Bug { reason: format!("a setting cannot be encoded: {error}") })
}

impl Settings {
    pub(crate) fn load(directory: &DataDirectory) -> Result<Settings, log_storage::Error> {
        let mut values = BTreeMap::new();
        for_each_record(directory, &metadata_partition(), |key, value| {
            if let Some(Fact::Setting { name, value }) = Fact::decode(key, value) {
                match value {
                    Some(value) => _ = values.insert(name, value),
                    None => _ = values.remove(&name),
                }
            }
        })?;
        Ok(Settings { values: Mutex::new(values) })
    }

    /// One setting. One that cannot be read counts as absent, and is logged.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let values = self.values.lock();
        decode(name, values.get(name)?)
    }

    /// All settings whose names begin with `prefix`, without it.
    pub(crate) fn under<T: DeserializeOwned>(&self, prefix: &str) -> BTreeMap<String, T> {
        let values = self.values.lock();
        let named = values.range(prefix.to_owned()..).take_while(|(name, _)| name.starts_with(prefix));
        named.filter_map(|(name, value)| Some((name[prefix.len()..].to_owned(), decode(name, value)?))).collect()
    }

    /// Makes changes, all or nothing; durable when the receiver resolves.
    pub(crate) fn change(&self, core: &Core, changes: Vec<SettingChange>) -> Result<oneshot::Receiver<Result<()>>> {
        let directory = core.directory()?;
        let now_ms = core.now_ms();
        let (sender, receiver) = oneshot::channel();
        let mut values = self.values.lock();
        let mut builder = BatchBuilder::new(CompressionType::None);
        for (name, value) in &changes {
            let (key, value) = Fact::Setting { name: name.clone(), value: value.clone() }.encode();
            builder.append_parts(Timestamp(now_ms), Some(&key), value.as_deref(), &[])?;
        }
        if builder.is_empty() {
            // The receiver is in our hands.
            let _ = sender.send(Ok(()));
            return Ok(receiver);
        }
        let staged = directory.stage(vec![(metadata_partition(), vec![builder.build()])], now_ms).map_err(|error| core.error(error))?;
        for (name, value) in changes {
            match value {
                Some(value) => _ = values.insert(name, value),
                None => _ = values.remove(&name),
            }
        }
        let answer = Answer::Call(Box::new(move |result| {
            // Whoever gave up waiting does not want to know.
            let _ = sender.send(result);
        }));
        core.commits.push(Waiter { lsn: staged.lsn, units: 0, answer });
        Ok(receiver)
    }

    /// As [`change`](Settings::change), durable on return.
    pub(crate) async fn set(&self, core: &Core, changes: Vec<SettingChange>) -> Result<()> {
        self.change(core, changes)?.await.unwrap_or_else(|_| Err(closed()))
    }
}

fn decode<T: DeserializeOwned>(name: &str, value: &[u8]) -> Option<T> {
    let decoded = rmp_serde::from_slice(value);
    decoded.inspect_err(|error| tracing::warn!(name, %error, "a setting cannot be read and is left out")).ok()
}
