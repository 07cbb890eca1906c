//! Who produces: ids of producers, and the newest producer of each transactional id, kept in `__headwater_metadata`.
//!
//! Always holds: an id is given out once in the life of a data directory, and an epoch once per id, because both are durable before a producer
//! is handed out. Whoever commits a transaction holds the registry, so a newer producer comes before it (and fences it) or after it (and finds
//! its results).

use crate::committer::{Answer, Waiter};
use crate::core::Core;
use crate::metadata_codec::Fact;
use crate::offsets::for_each_record;
use crate::topics::metadata_partition;
use futures::channel::oneshot;
use log_client::{Error, Result};
use log_model::{CompressionType, ProducerEpoch, ProducerId, Timestamp};
use log_record::BatchBuilder;
use log_storage::DataDirectory;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;

/// So many ids are set aside with one record.
const IDS_AT_ONCE: i64 = 1_000;

/// All producers ever, as far as it matters.
#[derive(Debug, Default)]
pub(crate) struct ProducerRegistry {
    state: Mutex<Producers>,
}

/// What is known while the registry is held.
#[derive(Debug, Default)]
pub(crate) struct Producers {
    next_id: i64,
    /// Ids below are set aside, durably once a flush reaches `reserved_lsn`.
    reserved_end: i64,
    reserved_lsn: u64,
    transactional: BTreeMap<String, (ProducerId, ProducerEpoch)>,
}

impl Producers {
    /// Refuses all but the newest producer of a transactional id.
    pub(crate) fn check(&self, transactional_id: &str, id: ProducerId, epoch: ProducerEpoch) -> Result<()> {
        if self.transactional.get(transactional_id) == Some(&(id, epoch)) {
            return Ok(());
        }
        Err(Error::Fenced { who: format!("producer with transactional id {transactional_id:?}") })
    }
}

impl ProducerRegistry {
    pub(crate) fn load(directory: &DataDirectory) -> Result<ProducerRegistry, log_storage::Error> {
        let mut state = Producers::default();
        for_each_record(directory, &metadata_partition(), |key, value| match value.and_then(|value| Fact::decode(key, value)) {
            Some(Fact::NextProducerId(next)) => {
                state.next_id = next;
                state.reserved_end = next;
            }
            Some(Fact::Transactional(name, id, epoch)) => {
                state.transactional.insert(name, (id, epoch));
            }
            None => {}
        })?;
        Ok(ProducerRegistry { state: Mutex::new(state) })
    }

    /// Holds the registry: no producer is registered meanwhile.
    pub(crate) fn hold(&self) -> MutexGuard<'_, Producers> {
        self.state.lock()
    }
}

/// A new producer; with a transactional id it fences all earlier ones of that id. Durable on return.
pub(crate) async fn register(core: &Core, transactional_id: Option<&str>) -> Result<(ProducerId, ProducerEpoch)> {
    let (identity, durable) = decide(core, transactional_id)?;
    match durable {
        Some(durable) => durable.await.unwrap_or_else(|_| Err(crate::core::closed())).map(|()| identity),
        None => Ok(identity),
    }
}

type Durable = oneshot::Receiver<Result<()>>;

fn decide(core: &Core, transactional_id: Option<&str>) -> Result<((ProducerId, ProducerEpoch), Option<Durable>)> {
    let directory = core.directory()?;
    let mut state = core.producers.hold();
    let mut facts = Vec::new();
    let known = transactional_id.and_then(|name| state.transactional.get(name).copied());
    let (id, epoch) = match known {
        Some((id, epoch)) if epoch.0 < i16::MAX => (id, ProducerEpoch(epoch.0 + 1)),
        _ => (ProducerId(state.next_id), ProducerEpoch(0)),
    };
    let is_new = id.0 == state.next_id && epoch.0 == 0;
    let reserved_end = if is_new && id.0 >= state.reserved_end { id.0 + IDS_AT_ONCE } else { state.reserved_end };
    if reserved_end != state.reserved_end {
        facts.push(Fact::NextProducerId(reserved_end));
    }
    if let Some(name) = transactional_id {
        facts.push(Fact::Transactional(name.to_string(), id, epoch));
    }
    let durable = if !facts.is_empty() {
        let lsn = stage(core, &directory, &facts)?;
        if reserved_end != state.reserved_end {
            state.reserved_lsn = lsn;
        }
        Some(wait_for(core, lsn))
    } else if directory.durable().lsn < state.reserved_lsn {
        // Another one has set this id aside, but not durably yet: after a crash it would be given out again.
        Some(wait_for(core, state.reserved_lsn))
    } else {
        None
    };
    state.reserved_end = reserved_end;
    if is_new {
        state.next_id = id.0 + 1;
    }
    if let Some(name) = transactional_id {
        state.transactional.insert(name.to_string(), (id, epoch));
    }
    Ok(((id, epoch), durable))
}

/// Gives the lsn behind the facts.
fn stage(core: &Core, directory: &DataDirectory, facts: &[Fact]) -> Result<u64> {
    let now_ms = core.now_ms();
    let mut builder = BatchBuilder::new(CompressionType::None);
    for fact in facts {
        let (key, value) = fact.encode();
        builder.append_parts(Timestamp(now_ms), Some(&key), Some(&value), &[])?;
    }
    let parts = vec![(metadata_partition(), vec![builder.build()])];
    Ok(directory.stage(parts, now_ms).map_err(|error| core.error(error))?.lsn)
}

fn wait_for(core: &Core, lsn: u64) -> Durable {
    let (sender, receiver) = oneshot::channel();
    let answer = Answer::Call(Box::new(move |result| {
        // Whoever gave up waiting does not want to know.
        let _ = sender.send(result);
    }));
    core.commits.push(Waiter { lsn, units: 0, answer });
    receiver
}
