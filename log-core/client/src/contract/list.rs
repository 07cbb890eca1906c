//! The one list of cases, and the macro that makes tests of them.

use crate::Log;
use futures::future::BoxFuture;
use std::sync::Arc;

/// Runs a case against a fresh log.
pub type Run = fn(Arc<dyn Log>) -> BoxFuture<'static, ()>;

/// One case of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The sentence it checks.
    pub name: &'static str,
    /// Runs it; panics if the log fails.
    pub run: Run,
}

/// Cases about what only a log in the process of its clients promises, each with the reason: over a network, records are what is kept, not batches, and a
/// transaction is decided by markers.
pub const LOCAL_ONLY: &[(&str, &str)] = &[
    ("every_batch_carries_its_producer_and_an_unbroken_sequence", "batches are cut anew on the way"),
    ("two_producers_have_two_ids", "batches are cut anew on the way"),
    ("every_codec_is_read_back", "batches are cut anew on the way, and arrive expanded"),
    ("a_topic_may_choose_the_codec", "batches arrive expanded"),
    ("a_poll_keeps_its_limit_but_returns_at_least_one_batch", "batches are cut anew on the way, to fit the limit"),
    ("the_end_tells_the_lag", "batches are cut anew on the way"),
    ("a_position_that_is_gone_means_the_reset_rule", "what was read ahead outlives its deletion"),
    ("giving_up_does_not_wait_for_work_on_the_rest", "what was read ahead comes before the news of the group"),
    (
        "what_two_members_give_up_both_may_commit_whoever_gives_it_up_first",
        "a rebalance over a cluster waits for everybody who has something to give up",
    ),
    ("a_partition_tells_its_size", "a client is not told what a cluster stores"),
    ("a_topic_that_flushes_by_the_system_keeps_order_too", "`headwater.flush` is a key of Headwater's alone"),
    (
        "a_transaction_into_a_deleted_topic_stores_nothing",
        "what was sent is in its partitions before the commit, which decides about the rest of it",
    ),
    (
        "a_topic_created_anew_is_told_as_taken_and_given",
        "clients look at topics now and then, and may see neither the end nor the beginning",
    ),
];

/// All cases.
pub const CASES: &[Case] = crate::log_contract!(@list cases);

/// Makes one `#[test]` per contract case: `log_contract!(tests run);` where `fn run(case: log_client::contract::Run)` makes a fresh log and
/// drives the case to its end. `log_contract!(named run);` hands `run` the case's name first, for a log of which [`LOCAL_ONLY`] does not hold.
#[macro_export]
macro_rules! log_contract {
    (tests $run:path) => { $crate::log_contract!(@list tests $run); };
    (@tests [$run:path] $($module:ident :: $case:ident,)*) => {
        $( #[test] fn $case() { $run(|log| ::std::boxed::Box::pin($crate::contract::$module::$case(log))) } )*
    };
    (named $run:path) => { $crate::log_contract!(@list named $run); };
    (@named [$run:path] $($module:ident :: $case:ident,)*) => {
        $( #[test] fn $case() {
            $run(stringify!($case), |log| ::std::boxed::Box::pin($crate::contract::$module::$case(log)))
        } )*
    };
    (@cases [] $($module:ident :: $case:ident,)*) => {
        &[ $( Case { name: stringify!($case), run: |log| Box::pin($crate::contract::$module::$case(log)) }, )* ]
    };
    (@list $what:ident $($context:tt)*) => {
        $crate::log_contract! { @$what [$($context)*]
            producing::offsets_count_up_from_zero_and_deliveries_tell_them,
            producing::batches_of_one_producer_keep_the_order_of_their_sends,
            producing::every_batch_carries_its_producer_and_an_unbroken_sequence,
            producing::two_producers_have_two_ids,
            producing::unknown_topics_and_partitions_are_missing,
            producing::a_batch_beyond_the_limit_is_refused_and_leaves_no_gap,
            producing::an_empty_batch_is_refused,
            producing::flush_returns_once_everything_sent_is_readable,
            producing::a_dropped_delivery_does_not_take_the_batch_back,
            producing::headers_keys_and_nulls_come_back_as_they_were,
            producing::every_codec_is_read_back,
            producing::a_large_batch_comes_back_whole,
            producing::a_topic_may_stamp_append_time,
            producing::a_topic_may_choose_the_codec,
            producing::a_topic_that_flushes_by_the_system_keeps_order_too,
            transactions::nothing_is_visible_before_the_commit,
            transactions::a_commit_shows_all_partitions,
            transactions::an_aborted_transaction_leaves_nothing,
            transactions::an_empty_transaction_commits,
            transactions::misuse_is_refused,
            transactions::a_newer_producer_fences_the_older,
            transactions::a_fenced_transaction_never_appears,
            transactions::positions_become_committed_with_the_transaction,
            transactions::aborted_positions_are_not_committed,
            transactions::positions_of_a_lost_partition_fence_the_transaction,
            transactions::transactions_of_one_producer_keep_their_order,
            transactions::a_transaction_into_a_deleted_topic_stores_nothing,
            consuming::positions_are_earliest_latest_and_exact,
            consuming::a_position_inside_a_batch_says_what_to_skip,
            consuming::seek_moves_back_and_forth,
            consuming::nothing_committed_means_the_reset_rule,
            consuming::a_position_that_is_gone_means_the_reset_rule,
            consuming::paused_partitions_are_silent_until_resumed,
            consuming::a_poll_keeps_its_limit_but_returns_at_least_one_batch,
            consuming::a_poll_names_the_partitions_it_read_to_their_end_and_no_others,
            consuming::partitions_take_turns,
            consuming::ready_resolves_when_a_batch_arrives,
            consuming::ready_resolves_at_once_while_there_is_more,
            consuming::the_end_tells_the_lag,
            consuming::assign_replaces_and_checks,
            consuming::both_isolations_read_what_is_decided,
            consuming::a_closed_consumer_is_closed,
            groups::a_partition_changes_hands_once_its_holder_polls_again,
            groups::what_two_members_give_up_both_may_commit_whoever_gives_it_up_first,
            groups::giving_up_does_not_wait_for_work_on_the_rest,
            groups::a_topic_created_anew_is_told_as_taken_and_given,
            groups::a_single_member_gets_every_partition,
            groups::two_members_share_and_a_dropped_one_leaves,
            groups::a_closed_member_leaves_at_once,
            groups::committed_positions_are_taken_over,
            groups::what_is_held_may_be_committed_through_a_rebalance,
            groups::a_commit_of_a_lost_partition_is_refused,
            groups::a_consumer_that_assigns_itself_commits_too,
            groups::subscribe_needs_a_group_and_a_topic,
            groups::new_partitions_reach_the_members,
            groups::a_rebalance_wakes_the_members,
            groups::many_members_read_each_record_once,
            groups::positions_keep_epoch_and_metadata,
            groups::groups_are_listed,
            topics::a_topic_is_created_described_and_listed,
            topics::a_topic_that_does_not_say_how_many_has_the_logs_own_number_of_partitions,
            topics::a_partition_tells_its_size,
            topics::a_topic_cannot_be_created_twice_or_without_partitions,
            topics::a_deleted_topic_is_gone_with_its_positions,
            topics::a_reader_of_a_deleted_topic_is_told,
            topics::a_group_loses_a_deleted_topic,
            topics::a_changed_configuration_holds_from_then_on,
            topics::partitions_are_added_and_never_removed,
            topics::deleted_records_are_gone_and_offsets_stay,
            topics::delete_records_checks_its_range,
            topics::offsets_are_found_by_time,
            topics::an_empty_partition_has_no_offset_for_a_time,
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryLog;

    fn run(case: Run) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(case(Arc::new(MemoryLog::new())));
    }

    crate::log_contract!(tests run);

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<&str> = CASES.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), CASES.len());
        assert!(LOCAL_ONLY.iter().all(|(name, _)| names.contains(name)));
    }
}
