//! A producer without transactions: its sends are on their way many at a time, an operation each.

use super::settings::{Topics, sender};
use crate::payload::Payload;
use crate::recorder::{OperationId, Recorder};
use crate::role::Role;
use headwater_integration::history::{Action, Outcome};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rdkafka::ClientContext;
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the last sends may take once the server stays.
const FLUSH_MAX: Duration = Duration::from_secs(30);

/// Records what becomes of each send.
struct Deliveries {
    recorder: Arc<Recorder>,
    role: Role,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<OperationId>;

    fn delivery(&self, result: &DeliveryResult<'_>, id: Box<OperationId>) {
        match result {
            Ok(message) => self.recorder.end_send(*id, Outcome::Ok, Some(message.offset())),
            // Whether it reached the log is not told.
            Err((error, _)) => self.recorder.error(self.role, "send", error),
        }
    }
}

/// Sends until producers end, then waits for what is on its way.
pub(crate) fn run(recorder: Arc<Recorder>, address: &str, role: Role, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let client = recorder.new_client(role);
    let context = Deliveries { recorder: recorder.clone(), role };
    let producer: ThreadedProducer<Deliveries> = sender(address, role).create_with_context(context).expect("librdkafka takes the settings");
    while !recorder.producers_end.load(Ordering::Relaxed) {
        for _ in 0..random.random_range(1..8) {
            let key = Topics::any_of(&[Topics::PLAIN], &mut random);
            let value = recorder.new_value();
            let id = recorder.begin(client, vec![Action::Send { key, value, offset: None }]);
            let payload = Payload { key, client, value, source: None }.bytes();
            let record = BaseRecord::<(), [u8], Box<OperationId>>::with_opaque_to(key.topic, Box::new(id)).partition(key.partition);
            if let Err((error, _)) = producer.send(record.payload(&payload)) {
                // It never left this process.
                recorder.end_send(id, Outcome::Fail, None);
                wait_for_room(&recorder, role, &error);
            }
        }
        std::thread::sleep(Duration::from_millis(random.random_range(1..20)));
    }
    if let Err(error) = producer.flush(FLUSH_MAX) {
        recorder.fault(format!("{role:?}: sends are on their way {FLUSH_MAX:?} after the last kill: {error}"));
    }
    if let Some((code, reason)) = producer.client().fatal_error() {
        recorder.fault(format!("{role:?} cannot go on: {code}: {reason}"));
    }
}

fn wait_for_room(recorder: &Recorder, role: Role, error: &KafkaError) {
    recorder.error(role, "queue", error);
    // The queue is full while the server is dead.
    std::thread::sleep(Duration::from_millis(100));
}
