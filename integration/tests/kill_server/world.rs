//! All clients at work: their threads, from the first topic to the last end.

use crate::clients::{Topics, admin, audit, copy, read, send, transact};
use crate::recorder::Recorder;
use crate::role::Role;
use headwater_integration::history::{Copied, Key, Operation, Outcome, Value};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long each of the last phases may take; what is missing then is a finding.
const PHASE_MAX: Duration = Duration::from_secs(60);

/// The threads of one kind.
type Threads = Vec<(Role, JoinHandle<()>)>;

/// The clients that run.
pub(crate) struct World {
    recorder: Arc<Recorder>,
    address: String,
    producers: Threads,
    copiers: Threads,
    readers: Threads,
}

/// Makes the topics on a server that runs.
pub(crate) fn create_topics(address: &str) {
    let client: AdminClient<DefaultClientContext> = admin(address).create().expect("librdkafka takes the settings");
    let topics = Topics::ALL.map(|topic| NewTopic::new(topic, Topics::PARTITIONS, TopicReplication::Fixed(1)));
    let options = AdminOptions::new().operation_timeout(Some(PHASE_MAX));
    let results = futures::executor::block_on(client.create_topics(&topics, &options)).expect("the server answers");
    results.into_iter().for_each(|result| drop(result.expect("the topic is made")));
}

impl World {
    /// Starts all clients; what they draw follows from the seed.
    pub(crate) fn start(recorder: Arc<Recorder>, address: String, seed: u64) -> World {
        let mut world = World { recorder, address, producers: Vec::new(), copiers: Vec::new(), readers: Vec::new() };
        for (role, seed) in Role::PRODUCING.into_iter().chain([Role::Transactional; 2]).zip(seed..) {
            let thread = world.thread(role, seed);
            world.producers.push((role, thread));
        }
        for seed in seed..seed + 2 {
            let thread = world.thread(Role::Copying, seed);
            world.copiers.push((Role::Copying, thread));
        }
        for (role, seed) in Role::READING.into_iter().chain([Role::ClassicGroup, Role::ConsumerGroup]).zip(seed..) {
            let thread = world.thread(role, seed);
            world.readers.push((role, thread));
        }
        world
    }

    fn thread(&self, role: Role, seed: u64) -> JoinHandle<()> {
        let (recorder, address) = (self.recorder.clone(), self.address.clone());
        std::thread::spawn(move || match role {
            Role::Transactional => transact(recorder, &address, seed),
            Role::Copying => copy(recorder, &address, seed),
            Role::ClassicGroup | Role::ConsumerGroup | Role::Assigned => read(recorder, &address, role, seed),
            Role::Idempotent | Role::Impatient | Role::AcksAll => send(recorder, &address, role, seed),
            Role::Auditing => audit(&recorder, &address),
        })
    }

    /// Once the server stays: every producer gets something through, then all that was sent is copied and read by everybody who should.
    pub(crate) fn finish(self) {
        let World { recorder, address, producers, copiers, readers } = self;
        let since = recorder.now();
        wait(|| Role::PRODUCING.iter().all(|role| has_sent(&recorder, *role, since)));
        for role in Role::PRODUCING.into_iter().filter(|role| !has_sent(&recorder, *role, since)) {
            recorder.fault(format!("{role:?} got nothing through in {PHASE_MAX:?} after the last restart"));
        }
        join(&recorder, producers, &recorder.producers_end);
        let sources: BTreeSet<Value> =
            sent(&recorder).into_iter().filter(|(key, _)| key.topic == Topics::PLAIN).map(|(_, value)| value).collect();
        wait(|| {
            let copied: BTreeSet<Value> = recorder.copies().iter().map(|Copied { source, .. }| *source).collect();
            sources.is_subset(&copied)
        });
        join(&recorder, copiers, &recorder.copiers_end);
        let sent = sent(&recorder);
        wait(|| seen(&recorder).values().all(|seen| sent.is_subset(seen)));
        join(&recorder, readers, &recorder.readers_end);
        audit(&recorder, &address);
    }
}

/// Asks until it holds, or time is over.
fn wait(holds: impl Fn() -> bool) {
    let start = Instant::now();
    while start.elapsed() < PHASE_MAX && !holds() {
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn join(recorder: &Recorder, threads: Threads, end: &AtomicBool) {
    end.store(true, Ordering::Relaxed);
    for (role, thread) in threads {
        if thread.join().is_err() {
            recorder.fault(format!("a client panicked: {role:?}"));
        }
    }
}

fn happened(operation: &&Operation) -> bool {
    operation.outcome == Outcome::Ok
}

/// Whether a client of this role has begun and ended something well since then.
fn has_sent(recorder: &Recorder, role: Role, since: u64) -> bool {
    let history = recorder.history();
    history.iter().filter(happened).any(|operation| operation.invoked > since && recorder.role(operation.client) == role)
}

/// What is certainly committed.
fn sent(recorder: &Recorder) -> BTreeSet<(Key, Value)> {
    let history = recorder.history();
    history.iter().filter(happened).flat_map(|operation| operation.sends()).map(|(key, value, _)| (key, value)).collect()
}

/// What each reading role has seen.
fn seen(recorder: &Recorder) -> BTreeMap<Role, BTreeSet<(Key, Value)>> {
    let mut seen: BTreeMap<Role, BTreeSet<(Key, Value)>> = Role::READING.into_iter().map(|role| (role, BTreeSet::new())).collect();
    for operation in recorder.history() {
        if let Some(seen) = seen.get_mut(&recorder.role(operation.client)) {
            seen.extend(operation.polls().map(|(key, _, value)| (key, value)));
        }
    }
    seen
}
