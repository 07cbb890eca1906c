//! The group coordinator: members, generations and assignments of the groups whose members speak Kafka's protocol.
//!
//! Committed positions are not here (see `node/offsets.rs`); the machine only judges who may commit.

use crate::node::core::Core;
use crate::node::topics::offsets_partition;
use bytes::Bytes;
use futures::channel::oneshot;
use log_coordination::groups::{Command, Event, Groups, GroupsConfig, PersistId, Record, Response, Token, records};
use log_model::{CompressionType, GroupId, Timestamp};
use log_record::BatchBuilder;
use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::Notify;

/// The machine of all groups, and who waits for its answers.
#[derive(Debug)]
pub(crate) struct GroupCoordinator {
    state: Mutex<State>,
    /// Told when the next deadline may have changed.
    pub(crate) rescheduled: Notify,
}

/// The coordinator, held: no group changes meanwhile but by who holds it.
pub(crate) struct HeldGroups<'a> {
    core: &'a Arc<Core>,
    state: MutexGuard<'a, State>,
}

#[derive(Debug)]
struct State {
    machine: Groups,
    next_token: u64,
    waiting: BTreeMap<Token, oneshot::Sender<Response>>,
}

/// A group's record of `__consumer_offsets`; `None` if it is something else's.
pub(crate) fn decode_group_record(key: &[u8], value: Option<&[u8]>) -> Option<Record> {
    let decoded = records::decode(&Bytes::copy_from_slice(key), value.map(Bytes::copy_from_slice).as_ref());
    decoded.unwrap_or_else(|error| {
        tracing::warn!(%error, "a record of __consumer_offsets is left out: it cannot be read");
        None
    })
}

impl GroupCoordinator {
    /// A coordinator that knows what its records say.
    pub(crate) fn load(config: GroupsConfig, records: Vec<Record>) -> GroupCoordinator {
        let mut machine = Groups::new(config);
        records.into_iter().for_each(|record| machine.replay(record));
        let state = State { machine, next_token: 0, waiting: BTreeMap::new() };
        GroupCoordinator { state: Mutex::new(state), rescheduled: Notify::new() }
    }

    /// Tells the machine of all topics and positions, and that it may begin. Call it once, before anything else.
    pub(crate) fn start(&self, core: &Arc<Core>) {
        for name in core.topics.names() {
            self.topic_changed(core, &name);
        }
        for group in core.offsets.groups_with_any() {
            self.on(core, Event::OffsetsPresent { group: group.as_str().into() });
        }
        self.on(core, Event::Loaded);
    }

    /// Tells the machine how a topic is now.
    pub(crate) fn topic_changed(&self, core: &Arc<Core>, name: &log_model::TopicName) {
        let event = match core.topics.topic(name) {
            Ok(topic) => Event::TopicChanged { name: name.as_str().into(), id: topic.id.0, partition_count: topic.partition_count },
            Err(_) => Event::TopicDeleted { name: name.as_str().into() },
        };
        self.on(core, event);
    }

    /// Tells the machine whether a group has positions now. Call it after they were staged, and after their tombstones are durable: it looks with
    /// the machine held, so that the last to be told is what holds.
    pub(crate) fn positions_changed(&self, core: &Arc<Core>, group: &GroupId) {
        let mut state = self.state.lock();
        let id = group.as_str().into();
        let event = if core.offsets.has_any(group) { Event::OffsetsPresent { group: id } } else { Event::OffsetsGone { group: id } };
        self.drive(core, &mut state, event);
    }

    /// The machine, held, for questions that it answers at once.
    pub(crate) fn machine(&self) -> MappedMutexGuard<'_, Groups> {
        MutexGuard::map(self.state.lock(), |state| &mut state.machine)
    }

    /// The machine, held, for what is judged and done in one step.
    pub(crate) fn hold<'a>(&'a self, core: &'a Arc<Core>) -> HeldGroups<'a> {
        HeldGroups { core, state: self.state.lock() }
    }

    /// Hands a request in, made of what the groups are then; the receiver resolves with the answer once that may leave.
    pub(crate) fn call(&self, core: &Arc<Core>, event: impl FnOnce(&Groups, Token) -> Event) -> oneshot::Receiver<Response> {
        self.hold(core).call(event)
    }

    /// Hands an event in.
    pub(crate) fn on(&self, core: &Arc<Core>, event: Event) {
        self.drive(core, &mut self.state.lock(), event);
    }

    /// As [`on`](GroupCoordinator::on), unless the machine is held. The log is closed for good then, and who holds it may be who is called.
    fn on_if_free(&self, core: &Arc<Core>, event: Event) {
        if let Some(mut state) = self.state.try_lock() {
            self.drive(core, &mut state, event);
        }
    }

    fn drive(&self, core: &Arc<Core>, state: &mut State, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for command in state.machine.on(event, core.now_ms()) {
                match command {
                    Command::Respond { token, response } => {
                        if let Some(waiting) = state.waiting.remove(&token) {
                            // Whoever gave up waiting does not want to know.
                            let _ = waiting.send(response);
                        }
                    }
                    Command::Persist { persist, group, records } => {
                        if let Err(error) = persist_records(core, persist, &records) {
                            tracing::warn!(%group, %error, "a change of the group was not stored; its members try again");
                            events.push_back(Event::PersistFailed { persist });
                        }
                    }
                }
            }
        }
        self.rescheduled.notify_one();
    }

    /// When the machine wants to look at the clock.
    pub(crate) fn next_deadline_ms(&self) -> Option<i64> {
        self.state.lock().machine.next_deadline_ms()
    }
}

impl HeldGroups<'_> {
    pub(crate) fn machine(&self) -> &Groups {
        &self.state.machine
    }

    /// As [`GroupCoordinator::call`].
    pub(crate) fn call(&mut self, event: impl FnOnce(&Groups, Token) -> Event) -> oneshot::Receiver<Response> {
        let (sender, receiver) = oneshot::channel();
        self.state.next_token += 1;
        let token = Token(self.state.next_token);
        self.state.waiting.insert(token, sender);
        let event = event(&self.state.machine, token);
        self.core.group_coordinator.drive(self.core, &mut self.state, event);
        receiver
    }
}

/// Stages records of a group; the machine is told once they are durable.
fn persist_records(core: &Arc<Core>, persist: PersistId, records: &[Record]) -> log_client::Result<()> {
    let now_ms = core.now_ms();
    let mut builder = BatchBuilder::new(CompressionType::None);
    for record in records {
        let (key, value) = records::encode(record).map_err(|error| log_client::Error::Invalid { reason: error.to_string() })?;
        builder.append_parts(Timestamp(now_ms), Some(&key), value.as_deref(), &[])?;
    }
    let staged = core.stage(vec![(offsets_partition(), vec![builder.build()])])?;
    // Nobody waits for it but the machine.
    let _durable = core.when_durable(staged.lsn, move |core, result| match result {
        Ok(()) => core.group_coordinator.on(core, Event::Persisted { persist }),
        Err(_) => core.group_coordinator.on_if_free(core, Event::PersistFailed { persist }),
    });
    Ok(())
}
