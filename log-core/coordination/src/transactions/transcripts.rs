//! Rule by rule: requests in, answers, records and markers out.

use super::test_world::*;
use super::*;
use log_model::{KafkaCode, ProducerEpoch, ProducerId};

const COMMIT: bool = true;
const ABORT: bool = false;

/// The epoch of a producer that can be bumped once more and then needs a new id.
const LAST: i16 = i16::MAX - 1;

/// A world whose only producer is `holds`.
fn seeded(holds: ProducerIdAndEpoch) -> World {
    let mut world = World::new();
    let record = world.machine.seed(APP, holds, 0);
    world.records.push(record);
    world
}

#[test]
fn producers_without_a_transactional_id_get_ids_behind_a_durable_block() {
    let mut world = World::with(Options { producer_ids_at_once: 2, ..Options::default() });
    let plain = InitProducerId { transactional_id: None, ..init_request() };
    for id in 0..5 {
        assert_eq!(world.init(plain.clone()), is(producer(id, 0)));
    }
    let blocks = [2, 4, 6].map(|end| Record::ProducerIds { end });
    assert_eq!(world.records, blocks);
    world.restart();
    assert_eq!(world.init(plain), is(producer(6, 0)), "an id of the block that was begun may have left");
}

#[test]
fn a_new_producer_fences_the_one_before() {
    let mut world = World::new();
    let first = world.new_producer();
    let second = world.new_producer();
    assert_eq!((first, second), (producer(0, 0), producer(0, 1)));
    assert!(!world.machine.is_newest(APP, first) && world.machine.is_newest(APP, second));
    assert_eq!(world.add(first, &[0]), KafkaCode::InvalidProducerEpoch);
    assert_eq!(world.end(5, first, COMMIT), not_ended(KafkaCode::ProducerFenced));
    assert_eq!(world.end(1, first, COMMIT), not_ended(KafkaCode::InvalidProducerEpoch));
    assert_eq!(world.add_by(AddedBy::AddPartitionsToTxn(2), first, &[0]), KafkaCode::ProducerFenced);
    assert_eq!(world.add_by(AddedBy::AddPartitionsToTxn(0), first, &[0]), KafkaCode::InvalidProducerEpoch);
    assert_eq!(world.add_by(AddedBy::AddOffsetsToTxn(1), first, &[0]), KafkaCode::InvalidProducerEpoch);
    assert_eq!(world.end(5, producer(9, 0), COMMIT), not_ended(KafkaCode::InvalidProducerIdMapping));
    assert_eq!(world.add(second, &[0]), KafkaCode::None);
}

#[test]
fn wrong_requests_for_a_producer_are_refused() {
    let with = |edit: fn(&mut InitProducerId)| {
        let mut request = init_request();
        edit(&mut request);
        World::new().init(request)
    };
    let long = Options::default().transaction_max_timeout_ms + 1;
    assert_eq!(with(|request| request.transactional_id = Some(String::new())), is_not(KafkaCode::InvalidRequest));
    assert_eq!(with(|request| request.transactional_id = Some("a".repeat(32_768))), is_not(KafkaCode::InvalidRequest));
    assert_eq!(with(|request| request.producer_id = ProducerId(3)), is_not(KafkaCode::InvalidRequest));
    assert_eq!(with(|request| request.producer_epoch = ProducerEpoch(3)), is_not(KafkaCode::InvalidRequest));
    assert_eq!(with(|request| request.transaction_timeout_ms = 0), is_not(KafkaCode::InvalidTransactionTimeout));
    let too_long = InitProducerId { transaction_timeout_ms: long, ..init_request() };
    assert_eq!(World::new().init(too_long.clone()), is_not(KafkaCode::InvalidTransactionTimeout));
    let embedded = InitProducerId { origin: Origin::Embedded, ..too_long };
    assert_eq!(World::new().init(embedded), is(producer(0, 0)), "a producer within the process has no timeout");
}

#[test]
fn a_producer_goes_on_from_its_epoch_and_may_repeat_that() {
    let mut world = World::new();
    let first = world.new_producer();
    let second = producer(0, 1);
    assert_eq!(world.continue_as(first), is(second));
    assert_eq!(world.continue_as(first), is(second), "its answer was lost");
    assert_eq!(world.continue_as(second), is(producer(0, 2)));
    assert_eq!(world.continue_as(first), is_not(KafkaCode::ProducerFenced));
    let old = InitProducerId { version: 3, producer_id: first.id, producer_epoch: first.epoch, ..init_request() };
    assert_eq!(world.init(old), is_not(KafkaCode::InvalidProducerEpoch), "version 3 does not know the newer code");
    assert_eq!(world.continue_as(producer(7, 0)), is_not(KafkaCode::ProducerFenced));
    world.new_producer();
    assert_eq!(world.continue_as(second), is_not(KafkaCode::ProducerFenced), "another producer has taken over");
}

#[test]
fn used_up_epochs_lead_to_a_new_id_which_may_be_asked_for_again() {
    let mut world = seeded(producer(40, LAST));
    assert_eq!(world.continue_as(producer(40, LAST)), is(producer(41, 0)));
    assert_eq!(world.continue_as(producer(40, LAST)), is(producer(41, 0)));
    assert_eq!(world.continue_as(producer(40, LAST - 1)), is_not(KafkaCode::ProducerFenced));

    let mut world = seeded(producer(40, i16::MAX));
    assert_eq!(world.new_producer(), producer(41, 0));
    assert_eq!(world.continue_as(producer(40, LAST)), is_not(KafkaCode::ProducerFenced));
}

#[test]
fn an_open_transaction_is_aborted_with_the_answer_to_the_next_producer() {
    for (holds, marker, next) in
        [(producer(5, 3), producer(5, 4), producer(5, 4)), (producer(5, LAST), producer(5, i16::MAX), producer(6, 0))]
    {
        for is_same in [false, true] {
            let mut world = seeded(holds);
            assert_eq!(world.add(holds, &[2, 1]), KafkaCode::None);
            let answer = if is_same { world.continue_as(holds) } else { world.init(init_request()) };
            assert_eq!(answer, is(next));
            assert_eq!(world.written(), [(MarkerKind::Abort, marker, vec![1, 2])]);
            assert!(world.markers[0].is_epoch_bumped);
            assert_eq!(world.state(), TransactionState::Empty);
            assert_ne!(world.end(5, holds, COMMIT), ended(next), "the commit came too late");
            let again = if is_same { is(next) } else { is_not(KafkaCode::ProducerFenced) };
            assert_eq!(world.continue_as(holds), again);
        }
    }
}

#[test]
fn a_stale_producer_does_not_abort_an_open_transaction() {
    let mut world = World::new();
    let first = world.new_producer();
    world.continue_as(first);
    let second = producer(0, 1);
    world.add(second, &[0]);
    assert_eq!(world.continue_as(first), is_not(KafkaCode::ProducerFenced));
    assert_eq!(world.state(), TransactionState::Ongoing);
    assert_eq!(world.end(5, second, COMMIT), ended(producer(0, 2)));
}

#[test]
fn in_protocol_2_each_end_bumps_the_epoch_of_marker_and_producer() {
    let mut world = World::new();
    let first = world.new_producer();
    assert_eq!(world.add(first, &[0]), KafkaCode::None);
    assert_eq!(world.add_by(AddedBy::TxnOffsetCommit(5), first, &[9]), KafkaCode::None);
    let second = producer(0, 1);
    assert_eq!(world.end(5, first, COMMIT), ended(second));
    assert_eq!(world.end(5, first, COMMIT), ended(second), "its answer was lost");
    assert_eq!(world.end(5, first, ABORT), not_ended(KafkaCode::InvalidTxnState));
    assert_eq!(world.add(second, &[1]), KafkaCode::None);
    for kind in [COMMIT, ABORT] {
        assert_eq!(world.end(5, first, kind), not_ended(KafkaCode::ProducerFenced), "it must not reach the next transaction");
    }
    assert_eq!(world.end(5, second, ABORT), ended(producer(0, 2)));
    let expected = [(MarkerKind::Commit, second, vec![0, 9]), (MarkerKind::Abort, producer(0, 2), vec![1])];
    assert_eq!(world.written(), expected);
    assert!(world.markers.iter().all(|marker| marker.is_epoch_bumped));
}

#[test]
fn in_protocol_2_what_may_follow_an_end_is_as_in_kafkas_table() {
    let its = not_ended(KafkaCode::InvalidTxnState);
    let fenced = not_ended(KafkaCode::ProducerFenced);
    let (same, bumped) = (ended(producer(0, 1)), ended(producer(0, 2)));
    // The end before (none: the producer went on by itself), then: abort again, abort, commit again, commit.
    let table = [(None, [fenced, bumped, fenced, its]), (Some(ABORT), [same, bumped, its, its]), (Some(COMMIT), [its, bumped, same, its])];
    for (before, answers) in table {
        for (index, expected) in answers.into_iter().enumerate() {
            let mut world = World::new();
            let first = world.new_producer();
            match before {
                None => assert_eq!(world.continue_as(first), is(producer(0, 1))),
                Some(kind) => {
                    world.add(first, &[0]);
                    world.end(5, first, kind);
                }
            }
            let (epoch, kind) = [(0, ABORT), (1, ABORT), (0, COMMIT), (1, COMMIT)][index];
            assert_eq!(world.end(5, producer(0, epoch), kind), expected, "after {before:?}: {epoch} {kind}");
        }
    }
}

#[test]
fn in_protocol_2_the_end_that_uses_up_the_epochs_gives_a_new_id() {
    let mut world = seeded(producer(40, LAST));
    world.add(producer(40, LAST), &[0]);
    for _ in 0..2 {
        assert_eq!(world.end(5, producer(40, LAST), COMMIT), ended(producer(41, 0)));
    }
    assert_eq!(world.written(), [(MarkerKind::Commit, producer(40, i16::MAX), vec![0])]);
    world.add(producer(41, 0), &[1]);
    assert_eq!(world.end(5, producer(40, LAST), COMMIT), not_ended(KafkaCode::InvalidProducerIdMapping));
    assert_eq!(world.end(5, producer(41, 0), ABORT), ended(producer(41, 1)));
}

#[test]
fn in_protocol_1_the_epoch_stays_and_the_same_end_may_be_repeated() {
    let none = ended(producer(-1, -1));
    for (kind, marker, state) in
        [(COMMIT, MarkerKind::Commit, TransactionState::CompleteCommit), (ABORT, MarkerKind::Abort, TransactionState::CompleteAbort)]
    {
        let mut world = World::new();
        let only = world.new_producer();
        assert_eq!(world.end(1, only, kind), not_ended(KafkaCode::InvalidTxnState), "nothing has begun");
        assert_eq!(world.add_by(AddedBy::AddPartitionsToTxn(0), only, &[0, 1]), KafkaCode::None);
        assert_eq!(world.add_by(AddedBy::AddOffsetsToTxn(0), only, &[9]), KafkaCode::None);
        assert_eq!(world.add_by(AddedBy::AddPartitionsToTxn(0), only, &[1]), KafkaCode::None);
        assert_eq!(world.end(1, only, kind), none);
        assert_eq!(world.state(), state);
        assert_eq!(world.end(1, only, kind), none);
        assert_eq!(world.end(1, only, !kind), not_ended(KafkaCode::InvalidTxnState));
        assert_eq!(world.written(), [(marker, only, vec![0, 1, 9])]);
        assert!(!world.markers[0].is_epoch_bumped);
        assert_eq!(world.add_by(AddedBy::AddPartitionsToTxn(0), only, &[3]), KafkaCode::None, "the next one begins");
        assert_eq!(world.end(1, only, COMMIT), none);
    }
}

#[test]
fn a_producer_that_went_on_from_its_epoch_cannot_end_with_the_former_one() {
    let mut world = World::new();
    let first = world.new_producer();
    world.continue_as(first);
    world.add_by(AddedBy::AddPartitionsToTxn(3), producer(0, 1), &[0]);
    world.end(4, producer(0, 1), COMMIT);
    assert_eq!(world.end(5, first, COMMIT), not_ended(KafkaCode::ProducerFenced));
}

#[test]
fn requests_meanwhile_are_told_to_try_again() {
    let mut world = World::new();
    let first = world.new_producer();
    world.add(first, &[0]);
    let request = |token, committed| Event::EndTxn(EndTxn { token, version: 5, transactional_id: APP.into(), producer: first, committed });
    let token = world.token();
    world.tell(request(token, COMMIT));
    let again = world.token();
    world.tell(request(again, COMMIT));
    assert_eq!(world.answers[&again], not_ended(KafkaCode::ConcurrentTransactions));
    let new = world.token();
    world.tell(Event::InitProducerId(InitProducerId { token: new, ..init_request() }));
    assert_eq!(world.answers[&new], is_not(KafkaCode::ConcurrentTransactions));
    for (version, code) in [(11, KafkaCode::NotEnoughReplicas), (12, KafkaCode::ConcurrentTransactions)] {
        let refused = WriteCheck::Refused(code);
        assert_eq!(world.machine.check_produce(APP, first, &partition(0), version), refused, "the marker may be written already");
    }
    assert!(!world.answers.contains_key(&token), "no answer before the log has it");
    assert_eq!(world.machine.next_deadline_ms(), None);
    world.settle();
    assert_eq!(world.answers[&token], ended(producer(0, 1)));
}

#[test]
fn additions_meanwhile_build_on_each_other() {
    let mut world = World::new();
    let first = world.new_producer();
    let mut tokens = Vec::new();
    for index in 0..3 {
        let (token, by) = (world.token(), AddedBy::Produce(12));
        tokens.push(token);
        let partitions = vec![partition(index)];
        world.tell(Event::AddPartitions(AddPartitions { token, by, transactional_id: APP.into(), producer: first, partitions }));
    }
    assert_eq!(world.waiting.len(), 3);
    world.settle_one(true);
    world.settle_one(false);
    world.settle_one(true);
    let codes: Vec<Response> = tokens.iter().map(|token| world.answers[token]).collect();
    assert_eq!(codes, [KafkaCode::None, KafkaCode::CoordinatorNotAvailable, KafkaCode::None].map(Response::Added));
    for index in 0..3 {
        assert_eq!(world.machine.check_produce(APP, first, &partition(index), 12), WriteCheck::Ready);
    }
}

#[test]
fn what_cannot_be_persisted_has_not_happened() {
    let mut world = World::new();
    let token = world.token();
    world.tell(Event::InitProducerId(InitProducerId { token, ..init_request() }));
    world.settle_one(false);
    assert_eq!(world.answers[&token], is_not(KafkaCode::CoordinatorNotAvailable));
    assert_eq!(world.machine.describe(APP), Err(KafkaCode::TransactionalIdNotFound));

    let first = world.new_producer();
    world.add(first, &[0]);
    let before = world.machine.describe(APP);
    let token = world.token();
    world.tell(Event::EndTxn(EndTxn { token, version: 5, transactional_id: APP.into(), producer: first, committed: COMMIT }));
    world.settle_one(false);
    assert_eq!(world.answers[&token], not_ended(KafkaCode::CoordinatorNotAvailable));
    assert_eq!(world.machine.describe(APP), before);
    assert_eq!(world.end(5, first, COMMIT), ended(first.bumped()));
}

#[test]
fn an_idle_transaction_is_aborted_and_its_producer_fenced() {
    for (end_version, fenced) in [(5, KafkaCode::ProducerFenced), (1, KafkaCode::InvalidProducerEpoch)] {
        let mut world = World::new();
        let first = world.new_producer();
        world.add(first, &[0]);
        assert_eq!(world.machine.next_deadline_ms(), Some(61_000));
        world.tick_at(60_999);
        assert!(world.waiting.is_empty());
        world.tick_at(61_000);
        assert_eq!(world.machine.next_deadline_ms(), None);
        world.settle_one(false);
        assert_eq!(world.machine.next_deadline_ms(), Some(62_000), "a failing log is not asked in a loop");
        world.tick_at(62_000);
        world.settle();
        assert_eq!(world.written(), [(MarkerKind::Abort, producer(0, 1), vec![0])]);
        assert_eq!(world.state(), TransactionState::CompleteAbort);
        assert_eq!(world.end(end_version, first, ABORT), not_ended(fenced));
        assert_eq!(world.add(first, &[0]), KafkaCode::InvalidProducerEpoch);
        assert_eq!(world.continue_as(first), is_not(KafkaCode::ProducerFenced));
        assert_eq!(world.new_producer(), producer(0, 2));
    }
}

#[test]
fn fencing_at_the_last_epoch_leads_to_a_new_id() {
    let mut world = seeded(producer(3, LAST));
    world.add(producer(3, LAST), &[0]);
    world.tick_at(1_000_000);
    world.settle();
    assert_eq!(world.written(), [(MarkerKind::Abort, producer(3, i16::MAX), vec![0])]);
    assert_eq!(world.end(5, producer(3, LAST), ABORT), not_ended(KafkaCode::ProducerFenced));
    assert_eq!(world.new_producer(), producer(4, 0));
}

#[test]
fn unused_transactional_ids_expire_but_those_of_this_process_do_not() {
    let week_ms = Options::default().transactional_id_expiration_ms;
    let mut world = World::new();
    let first = world.new_producer();
    let embedded = InitProducerId { transactional_id: Some("streams".into()), origin: Origin::Embedded, ..init_request() };
    world.init(embedded);
    assert_eq!(world.machine.next_deadline_ms(), Some(1_000 + week_ms));
    world.tick_at(1_000 + week_ms);
    world.settle();
    assert_eq!(world.machine.describe(APP), Err(KafkaCode::TransactionalIdNotFound));
    let tombstone = Record::Transaction { transactional_id: APP.into(), transaction: None };
    assert_eq!(world.records.last(), Some(&tombstone));
    assert!(world.machine.is_newest("streams", producer(1, 0)));
    assert_eq!(world.machine.next_deadline_ms(), None);
    assert_eq!(world.add(first, &[0]), KafkaCode::InvalidProducerIdMapping);
    world.restart();
    assert_eq!(world.machine.describe(APP), Err(KafkaCode::TransactionalIdNotFound));
    assert_eq!(world.new_producer(), producer(1_000, 0), "ids are not given out again");
}

#[test]
fn only_parts_of_an_open_transaction_may_be_written() {
    let mut world = World::new();
    let only = world.new_producer();
    let produce = |world: &World, index, version| world.machine.check_produce(APP, only, &partition(index), version);
    for (version, code) in [(9, KafkaCode::InvalidTxnState), (10, KafkaCode::InvalidTxnState), (11, KafkaCode::TransactionAbortable)] {
        assert_eq!(produce(&world, 0, version), WriteCheck::Refused(code), "{version}");
    }
    assert_eq!(produce(&world, 0, 12), WriteCheck::AddFirst);
    world.add_by(AddedBy::AddPartitionsToTxn(0), only, &[0]);
    for version in [9, 11, 12] {
        assert_eq!(produce(&world, 0, version), WriteCheck::Ready);
    }
    let offsets = |version| world.machine.check_offset_commit(APP, only, &partition(9), version);
    assert_eq!(offsets(3), WriteCheck::Refused(KafkaCode::InvalidTxnState));
    assert_eq!(offsets(4), WriteCheck::Refused(KafkaCode::TransactionAbortable));
    assert_eq!(offsets(5), WriteCheck::AddFirst);
    let verify = |index, version| world.machine.verify(APP, only, &partition(index), version);
    assert_eq!([verify(0, 4), verify(1, 4), verify(1, 5)], [KafkaCode::None, KafkaCode::InvalidTxnState, KafkaCode::TransactionAbortable]);
    for (who, code) in [(producer(0, 1), KafkaCode::InvalidProducerEpoch), (producer(1, 0), KafkaCode::InvalidProducerIdMapping)] {
        assert_eq!(world.machine.check_produce(APP, who, &partition(0), 12), WriteCheck::Refused(code));
    }
    world.end(1, only, COMMIT);
    assert_eq!(produce(&world, 0, 9), WriteCheck::Refused(KafkaCode::InvalidTxnState), "after the marker it would hang");
}

#[test]
fn an_end_that_was_only_prepared_is_completed_after_a_restart() {
    let prepared = |state, version, next_producer_id: Option<i64>| {
        let mut transaction = Transaction::empty(producer(5, 4), 60_000, 500);
        transaction.state = state;
        transaction.version = version;
        transaction.partitions = [partition(0)].into();
        transaction.start_ms = 400;
        transaction.next_producer_id = next_producer_id.map(ProducerId);
        Record::Transaction { transactional_id: APP.into(), transaction: Some(transaction) }
    };
    let cases = [
        (prepared(TransactionState::PrepareCommit, TransactionVersion::V1, None), MarkerKind::Commit, producer(5, 4)),
        (prepared(TransactionState::PrepareAbort, TransactionVersion::V2, None), MarkerKind::Abort, producer(5, 4)),
        (prepared(TransactionState::PrepareCommit, TransactionVersion::V2, Some(8)), MarkerKind::Commit, producer(8, 0)),
    ];
    for (record, kind, after) in cases {
        let mut world = World::new();
        world.records.push(record);
        world.machine = world.replayed();
        assert_eq!(world.init(init_request()), is_not(KafkaCode::ConcurrentTransactions));
        assert_eq!(world.add(producer(5, 4), &[1]), KafkaCode::ConcurrentTransactions);
        world.restart();
        world.settle();
        assert_eq!(world.written(), [(kind, producer(5, 4), vec![0])]);
        assert_eq!(world.machine.describe(APP).unwrap().producer, after);
        world.restart();
        assert!(world.waiting.is_empty(), "once is enough");
        assert_eq!(world.init(InitProducerId { transactional_id: None, ..init_request() }), is(producer(after.id.0 + 1, 0)));
    }
}

#[test]
fn older_facts_are_taken_over_unless_a_record_says_otherwise() {
    let mut world = World::new();
    world.machine.replay(Record::ProducerIds { end: 1_000 });
    world.machine.seed("a", producer(3, 7), 0);
    world.machine.seed("b", producer(4, 2), 0);
    let newer = Transaction::empty(producer(4, 9), 60_000, 0);
    world.machine.replay(Record::Transaction { transactional_id: "b".into(), transaction: Some(newer) });
    world.machine.seed("b", producer(4, 2), 0);
    let init = |name: &str| InitProducerId { transactional_id: Some(name.into()), ..init_request() };
    let answers = ["a", "b", "c"].map(|name| world.init(init(name)));
    assert_eq!(answers, [is(producer(3, 8)), is(producer(4, 10)), is(producer(1_000, 0))]);
}

#[test]
fn operators_find_transactions_by_every_filter() {
    let mut world = World::new();
    let first = world.new_producer();
    world.add(first, &[1, 0]);
    world.init(InitProducerId { transactional_id: Some("other".into()), ..init_request() });
    world.now_ms = 5_000;
    let description = world.machine.describe(APP).unwrap();
    assert_eq!(description.partitions, [partition(0), partition(1)]);
    assert_eq!((description.state, description.start_ms, description.timeout_ms), (TransactionState::Ongoing, 1_000, 60_000));
    assert_eq!(world.machine.describe(""), Err(KafkaCode::InvalidRequest));
    let found = |filter: Filter| {
        let listing = world.machine.list(&filter, world.now_ms).unwrap();
        listing.transactions.into_iter().map(|listed| listed.transactional_id).collect::<Vec<_>>()
    };
    let all = Filter::default;
    assert_eq!(found(all()), [APP, "other"]);
    assert_eq!(found(Filter { states: vec!["Ongoing".into(), "Odd".into()], ..all() }), [APP]);
    assert!(found(Filter { states: vec!["Odd".into()], ..all() }).is_empty());
    assert_eq!(found(Filter { producer_ids: vec![ProducerId(1)], ..all() }), ["other"]);
    assert_eq!(found(Filter { duration_ms: 3_999, states: vec!["Ongoing".into()], ..all() }), [APP]);
    assert!(found(Filter { duration_ms: 4_000, states: vec!["Ongoing".into()], ..all() }).is_empty());
    for (pattern, names) in [("", 2), ("a.*", 1), ("pp", 0), ("app|o", 1), ("app|other", 2)] {
        assert_eq!(found(Filter { transactional_id_pattern: Some(pattern.into()), ..all() }).len(), names, "{pattern}");
    }
    for pattern in ["(", "a)(b", "(?:a{1000}){1000}"] {
        let filter = Filter { transactional_id_pattern: Some(pattern.into()), ..all() };
        assert_eq!(world.machine.list(&filter, 0), Err(KafkaCode::InvalidRegularExpression), "{pattern}");
    }
    let listing = world.machine.list(&Filter { states: vec!["Odd".into()], ..all() }, 0).unwrap();
    assert_eq!(listing.unknown_states, ["Odd"]);
}
