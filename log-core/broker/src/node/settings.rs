//! Settings of the node that clients change at run time: durable names and values, in memory for reading.
//!
//! Always holds: memory shows what is durable, so that a change acts only once it is sure to last. Changes are made one at a time: whoever makes
//! one has the [`Turn`], from before it looks at what is there until its change is durable, and sees all changes before its own.

use crate::node::core::Core;
use crate::node::internal_log::for_each_record;
use crate::node::metadata_codec::Fact;
use crate::node::staging::Durable;
use crate::node::topics::metadata_partition;
use log_client::{Error, Result};
use log_model::{CompressionType, Timestamp};
use log_record::BatchBuilder;
use log_storage::DataDirectory;
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

/// All settings, by name.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    values: Mutex<BTreeMap<String, Vec<u8>>>,
    changing: Arc<tokio::sync::Mutex<()>>,
}

/// The right to change settings.
#[derive(Debug)]
pub(crate) struct Turn(#[expect(dead_code, reason = "held, not looked at")] OwnedMutexGuard<()>);

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
        Ok(Settings { values: Mutex::new(values), changing: Arc::default() })
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

    /// Waits for the turn to change settings. Cancel safe.
    pub(crate) async fn turn(&self) -> Turn {
        Turn(self.changing.clone().lock_owned().await)
    }

    /// Makes changes, all or nothing; once they are durable memory shows them, and `then` makes them act. The answer resolves behind that.
    pub(crate) fn change(
        &self,
        core: &Arc<Core>,
        turn: Turn,
        changes: Vec<SettingChange>,
        then: impl FnOnce(&Arc<Core>) + Send + 'static,
    ) -> Result<Durable> {
        if changes.is_empty() {
            then(core);
            return Ok(Durable::already());
        }
        let mut builder = BatchBuilder::new(CompressionType::None);
        for (name, value) in &changes {
            let (key, value) = Fact::Setting { name: name.clone(), value: value.clone() }.encode();
            builder.append_parts(Timestamp(core.now_ms()), Some(&key), value.as_deref(), &[])?;
        }
        let staged = core.stage(vec![(metadata_partition(), vec![builder.build()])])?;
        Ok(core.when_durable(staged.lsn, move |core, result| {
            if result.is_ok() {
                core.settings.show(changes);
                then(core);
            }
            drop(turn);
        }))
    }

    fn show(&self, changes: Vec<SettingChange>) {
        let mut values = self.values.lock();
        for (name, value) in changes {
            match value {
                Some(value) => _ = values.insert(name, value),
                None => _ = values.remove(&name),
            }
        }
    }

    /// As [`change`](Settings::change), durable on return.
    pub(crate) async fn set(&self, core: &Arc<Core>, changes: Vec<SettingChange>) -> Result<()> {
        let turn = self.turn().await;
        self.change(core, turn, changes, |_| {})?.await
    }
}

fn decode<T: DeserializeOwned>(name: &str, value: &[u8]) -> Option<T> {
    let decoded = rmp_serde::from_slice(value);
    decoded.inspect_err(|error| tracing::warn!(name, %error, "a setting cannot be read and is left out")).ok()
}
