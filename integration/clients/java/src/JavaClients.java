/** The cases of the stock Java producer, consumer and admin client. */
public final class JavaClients {
    private JavaClients() {
    }

    public static void main(String[] arguments) {
        new Cases()
            .add("topics_are_made_changed_and_removed", AdminCases::topics)
            .add("settings_are_described_with_their_sources", AdminCases::settings)
            .add("wrong_requests_get_kafkas_errors", AdminCases::errors)
            .add("offsets_are_listed_and_records_deleted", AdminCases::offsets)
            .add("the_cluster_describes_itself", AdminCases::cluster)
            .add("acls_are_kept", AdminCases::acls)
            .add("quotas_are_kept", AdminCases::quotas)
            .add("records_come_back_with_every_codec", RecordCases::codecs)
            .add("keys_headers_timestamps_and_nulls_are_kept", RecordCases::fields)
            .add("idempotent_records_keep_their_order", RecordCases::order)
            .add("too_large_records_are_refused", RecordCases::tooLarge)
            .add("large_records_are_fetched_one_by_one", RecordCases::large)
            .add("classic_group_rebalances", () -> GroupCases.rebalance("group.protocol", "classic"))
            .add("classic_group_rebalances_cooperatively", () -> GroupCases.rebalance("group.protocol", "classic",
                "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"))
            .add("consumer_group_rebalances", () -> GroupCases.rebalance("group.protocol", "consumer"))
            .add("consumer_group_rebalances_with_the_range_assignor", () -> GroupCases.rebalance("group.protocol", "consumer",
                "group.remote.assignor", "range"))
            .add("a_static_member_comes_back_without_a_rebalance", GroupCases::staticMember)
            .add("a_classic_group_is_upgraded_to_the_consumer_protocol", GroupCases::upgrade)
            .add("a_pattern_is_resolved_by_the_server", GroupCases::pattern)
            .add("group_offsets_are_reset_and_deleted", GroupCases::offsets)
            .add("transactions_move_records_and_offsets_together", TransferCases::consumeAndProduce)
            .add("an_older_producer_is_fenced", TransactionCases::fencing)
            .add("open_transactions_are_described_and_aborted_by_an_admin", TransactionCases::describeAndAbort)
            .add("a_transaction_times_out", TransactionCases::timeout)
            .main(arguments);
    }
}
