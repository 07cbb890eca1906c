//! Positions that nobody has used for long end (`offsets.retention.minutes`; KIP-211, Kafka's `OffsetExpirationCondition`).
//!
//! A position ends once the retention has passed since the latest of these: its commit; the moment its group lost its last member, if the group
//! ever had any; the last look that found members of the group in this process. What a group reads stays as long as somebody in it does, and so
//! does what an open transaction is about to commit anew. Kafka leaves the commit out where the group had members, so that a position an
//! administrator has just set may end with its next look; here it does not.
//!
//! When members in this process left is not stored: after a restart their groups count from their last commits, as groups do that never had
//! members. A process that alone uses its log keeps all positions (see `EmbeddedOptions::offsets_retention`).

use crate::node::core::{COORDINATOR_ENTRY_BYTES, Core};
use crate::node::offsets::StoredPosition;
use crate::node::position_tombstones::bury_positions;
use log_client::Result;
use log_model::{GroupId, TopicName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Looks for positions to end, again and again.
#[derive(Debug, Default)]
pub(crate) struct PositionSweep {
    /// When groups were last seen to have members in this process.
    seen_ms: BTreeMap<GroupId, i64>,
}

/// What decides besides the position and its group.
#[derive(Clone, Copy, Debug)]
struct Terms {
    now_ms: i64,
    retention_ms: i64,
    /// When the group was last seen to have members in this process.
    seen_ms: i64,
}

impl Terms {
    /// Whether a position is past its time; `unused_since_ms` is none while somebody uses it.
    fn end(&self, stored: &StoredPosition, unused_since_ms: Option<i64>) -> bool {
        let Some(unused_since_ms) = unused_since_ms else { return false };
        let kept_since_ms = stored.commit_ms.max(unused_since_ms).max(self.seen_ms);
        stored.expire_ms.map_or(self.now_ms.saturating_sub(kept_since_ms) >= self.retention_ms, |expire_ms| self.now_ms >= expire_ms)
    }
}

impl PositionSweep {
    /// Ends what is past its time now.
    pub(crate) async fn look(&mut self, core: &Arc<Core>) {
        let Some(retention) = core.options.offsets_retention else { return };
        let (now_ms, retention_ms) = (core.now_ms(), i64::try_from(retention.as_millis()).unwrap_or(i64::MAX));
        self.seen_ms.retain(|_, seen_ms| now_ms.saturating_sub(*seen_ms) < retention_ms);
        let here = core.groups.with_members();
        self.seen_ms.extend(here.iter().map(|group| (group.clone(), now_ms)));
        for group in core.offsets.groups().into_iter().filter(|group| !here.contains(group)) {
            core.make_room(COORDINATOR_ENTRY_BYTES).await;
            let seen_ms = self.seen_ms.get(&group).copied().unwrap_or(i64::MIN);
            if let Err(error) = sweep_group(core, &group, Terms { now_ms, retention_ms, seen_ms }) {
                tracing::debug!(%group, %error, "old positions stay until the next look");
            }
        }
    }
}

/// Decides with the group held: no member joins and no position comes in between.
fn sweep_group(core: &Arc<Core>, group: &GroupId, terms: Terms) -> Result<()> {
    let machine = core.group_coordinator.machine();
    let _order = core.offsets.order.lock();
    let mut of_topic: Option<(TopicName, Option<i64>)> = None;
    let expired = core.offsets.expired(group, |partition, stored| {
        // Partitions of a topic come one after the other.
        let known = of_topic.take().filter(|(topic, _)| *topic == partition.topic);
        let (_, unused_since_ms) = &*of_topic.insert(
            known.unwrap_or_else(|| (partition.topic.clone(), machine.offsets_unused_since(group.as_str(), partition.topic.as_str()))),
        );
        terms.end(stored, *unused_since_ms)
    });
    if !expired.is_empty() {
        tracing::debug!(%group, count = expired.len(), "positions that nobody used for long end");
        // Nobody waits for it.
        let _durable = bury_positions(core, group, expired)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EmbeddedOptions;
    use crate::embedded::contract_tests::small;
    use crate::embedded::test_world::{World, create, position, send, transactional, unmanaged};
    use crate::node::core::BLOCKING_MAX;
    use log_client::{Consumer, ConsumerOptions, Log, OffsetAndMetadata};
    use log_coordination::groups::{Event, JoinGroup, Response};
    use log_model::Offset;
    use std::pin::pin;
    use std::time::Duration;

    const RETENTION: Duration = Duration::from_secs(3600);
    const LOOKS: Duration = Duration::from_secs(60);

    fn world(offsets_retention: Option<Duration>) -> World {
        World::with(1, EmbeddedOptions { offsets_retention, offsets_retention_check_interval: LOOKS, ..small(false) })
    }

    async fn consumer(world: &World, group: &str) -> Box<dyn Consumer> {
        world.log().consumer(ConsumerOptions { group: Some(GroupId::new(group)), ..Default::default() }).await.unwrap()
    }

    async fn pass(world: &World, time: Duration) {
        world.env.clock.sleep(time).await;
    }

    /// The groups that have positions.
    async fn kept(world: &World) -> Vec<String> {
        let groups = world.log().admin().list_groups().await.unwrap();
        groups.into_iter().map(|group| group.as_str().to_owned()).collect()
    }

    #[test]
    fn positions_that_nobody_uses_end_for_good() {
        let world = world(Some(RETENTION));
        let world = {
            world.run(async {
                let partition = create(world.log(), "t").await;
                consumer(&world, "old").await.commit(vec![(partition.clone(), position(1))]).await.unwrap();
                pass(&world, RETENTION / 2).await;
                let app = transactional(world.log(), "app").await;
                app.begin().await.unwrap();
                app.send_offsets(&unmanaged(), vec![(partition.clone(), position(1))]).await.unwrap();
                app.commit().await.unwrap();
                pass(&world, RETENTION / 2 - LOOKS).await;
                assert_eq!(kept(&world).await, ["app", "old"]);
                pass(&world, 3 * LOOKS).await;
                assert_eq!(kept(&world).await, ["app"]);
                assert!(world.log().core().group_coordinator.machine().list(&Default::default()).len() == 1, "the group is forgotten too");
            });
            world.reopened(2)
        };
        world.run(async {
            assert_eq!(kept(&world).await, ["app"]);
            // The clock of the new world begins where that of the old one began.
            pass(&world, 2 * RETENTION).await;
            assert_eq!(kept(&world).await, [""; 0]);
        });
    }

    #[test]
    fn positions_stay_while_members_in_this_process_live_and_for_the_retention_after_them() {
        let world = world(Some(RETENTION));
        world.run(async {
            let partition = create(world.log(), "t").await;
            let mut member = consumer(&world, "g").await;
            member.subscribe(std::slice::from_ref(&partition.topic)).await.unwrap();
            consumer(&world, "alone").await.commit(vec![(partition.clone(), position(1))]).await.unwrap();
            member.poll(Default::default()).await.unwrap();
            member.commit(vec![(partition.clone(), position(1))]).await.unwrap();
            pass(&world, 3 * RETENTION).await;
            assert_eq!(kept(&world).await, ["g"]);
            member.close().await.unwrap();
            pass(&world, RETENTION - 2 * LOOKS).await;
            assert_eq!(kept(&world).await, ["g"]);
            pass(&world, 4 * LOOKS).await;
            assert_eq!(kept(&world).await, [""; 0]);
        });
    }

    #[test]
    fn a_group_that_had_members_counts_from_the_moment_it_lost_the_last() {
        let world = world(Some(RETENTION));
        world.run(async {
            let partition = create(world.log(), "t").await;
            consumer(&world, "g").await.commit(vec![(partition.clone(), position(1))]).await.unwrap();
            let core = world.log().core();
            let answer = core.group_coordinator.call(core, |_, token| {
                let request = JoinGroup {
                    group: "g".into(),
                    protocol_type: "consumer".into(),
                    protocols: vec![("range".into(), Default::default())],
                    session_timeout_ms: 1_800_000,
                    rebalance_timeout_ms: 1_800_000,
                    ..JoinGroup::default()
                };
                Event::JoinGroup { token, request }
            });
            assert!(matches!(answer.await, Ok(Response::JoinGroup(joined)) if joined.error.is_none()));
            // The member is silent from here on: it is taken for gone after half the retention.
            pass(&world, RETENTION + 10 * LOOKS).await;
            assert_eq!(kept(&world).await, ["g"]);
            pass(&world, RETENTION / 2 - 8 * LOOKS).await;
            assert_eq!(kept(&world).await, [""; 0]);
        });
    }

    #[test]
    fn positions_wait_for_room_in_the_journal_with_nothing_held() {
        // Nobody looks but the test.
        let looks = EmbeddedOptions { offsets_retention_check_interval: 100 * RETENTION, ..small(false) };
        let world = World::with(1, EmbeddedOptions { offsets_retention: Some(RETENTION), ..looks });
        world.run(async {
            let partition = create(world.log(), "t").await;
            let core = world.log().core();
            consumer(&world, "g").await.commit(vec![(partition.clone(), position(1))]).await.unwrap();
            pass(&world, 2 * RETENTION).await;
            let producer = world.log().producer(Default::default()).await.unwrap();
            while core.directory().unwrap().has_room(COORDINATOR_ENTRY_BYTES as u64) {
                send(&producer, &partition, &"x".repeat(COORDINATOR_ENTRY_BYTES / 2)).await.unwrap();
            }
            let places = core.blocking_places.clone().acquire_many_owned(BLOCKING_MAX as u32).await.unwrap();
            let mut sweep = PositionSweep::default();
            let mut look = pin!(sweep.look(core));
            assert!(futures::poll!(&mut look).is_pending(), "there is no room and nobody who makes any");
            assert_eq!(kept(&world).await, ["g"], "the groups can be asked meanwhile");
            drop(places);
            look.await;
            pass(&world, LOOKS).await;
            assert_eq!(kept(&world).await, [""; 0]);
        });
    }

    #[test]
    fn a_log_of_one_application_keeps_all_positions() {
        let world = world(None);
        world.run(async {
            let partition = create(world.log(), "t").await;
            consumer(&world, "g").await.commit(vec![(partition, position(1))]).await.unwrap();
            pass(&world, 1000 * RETENTION).await;
            assert_eq!(kept(&world).await, ["g"]);
        });
    }

    #[test]
    fn a_position_that_is_being_committed_in_a_transaction_stays() {
        let world = world(Some(RETENTION));
        world.run(async {
            let partition = create(world.log(), "t").await;
            let (core, group) = (world.log().core(), GroupId::new("g"));
            consumer(&world, "g").await.commit(vec![(partition.clone(), position(1))]).await.unwrap();
            let producer = log_model::ProducerId(7);
            let again = StoredPosition::new(position(2), core.now_ms());
            core.offsets.add_undecided(producer, group.clone(), vec![(partition.clone(), again)]);
            pass(&world, 2 * RETENTION).await;
            assert_eq!(kept(&world).await, ["g"]);
            crate::node::position_tombstones::decide_positions(core, producer, false);
            pass(&world, 2 * LOOKS).await;
            assert_eq!(kept(&world).await, [""; 0]);
        });
    }

    #[test]
    fn a_position_ends_when_the_retention_has_passed_since_its_last_use() {
        let terms = Terms { now_ms: 1000, retention_ms: 100, seen_ms: i64::MIN };
        let cases = [
            // Committed at, expires at, unused since, last seen here: ends.
            (900, None, Some(i64::MIN), i64::MIN, true),
            (901, None, Some(i64::MIN), i64::MIN, false),
            (0, None, Some(900), i64::MIN, true),
            (0, None, Some(901), i64::MIN, false),
            (0, None, None, i64::MIN, false),
            (0, None, Some(i64::MIN), 901, false),
            (0, None, Some(i64::MIN), 900, true),
            (999, Some(1000), Some(i64::MIN), i64::MIN, true),
            (0, Some(1001), Some(i64::MIN), i64::MIN, false),
            (0, Some(1), None, i64::MIN, false),
        ];
        for (commit_ms, expire_ms, unused_since_ms, seen_ms, ends) in cases {
            let stored = StoredPosition { position: OffsetAndMetadata::at(Offset(1)), commit_ms, expire_ms };
            let terms = Terms { seen_ms, ..terms };
            assert_eq!(terms.end(&stored, unused_since_ms), ends, "{stored:?} {unused_since_ms:?} {seen_ms}");
        }
    }
}
