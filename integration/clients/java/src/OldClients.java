import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.utils.AppInfoParser;

/** Cases for clients of older Kafka versions: only what Kafka 2.8 has. What a server says of itself first decides whether they speak to it at all. */
public final class OldClients {
    private OldClients() {
    }

    public static void main(String[] arguments) {
        new Cases()
            .add("the_cluster_describes_itself", OldClients::cluster)
            .add("records_come_back_with_every_codec", RecordCases::codecs)
            .add("keys_headers_timestamps_and_nulls_are_kept", RecordCases::fields)
            .add("idempotent_records_keep_their_order", RecordCases::order)
            .add("a_group_rebalances", OldClients::rebalance)
            .add("a_group_rebalances_cooperatively", () -> rebalance(
                "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"))
            .add("transactions_move_records_and_offsets_together", TransferCases::consumeAndProduce)
            .main(arguments);
    }

    private static void cluster() throws Exception {
        Cases.expectEqual("the client's version", AppInfoParser.getVersion(), System.getenv("CLIENT_VERSION"));
        try (Admin admin = Clients.admin()) {
            Cases.expectEqual("nodes", admin.describeCluster().nodes().get().size(), 1);
            Cases.expect(admin.describeFeatures().featureMetadata().get().finalizedFeatures().containsKey("metadata.version"), "no metadata.version");
            String topic = Clients.makeTopic("java-old", 2, Map.of("retention.ms", "60000"));
            admin.deleteTopics(List.of(topic)).all().get();
            Cases.until(Duration.ofSeconds(10), topic + " is gone", () -> !admin.listTopics().names().get().contains(topic));
        }
    }

    private static void rebalance(String... settings) throws Exception {
        String topic = Clients.makeTopic("java-old-group", 6);
        try (Admin admin = Clients.admin(); Members members = new Members()) {
            KafkaConsumer<String, String> first = members.add(topic, settings);
            members.untilShared(6);
            members.add(topic, settings);
            members.untilShared(3, 3);
            Clients.send(topic, 0, 500);
            members.untilSeen(500);
            members.list.forEach(KafkaConsumer::commitSync);
            members.remove(first);
            members.untilShared(6);
            Clients.send(topic, 500, 1000);
            members.untilSeen(1000);
            members.list.forEach(KafkaConsumer::commitSync);
            Cases.expectEqual("records seen", members.seen.size(), 1000);
            long committed = admin.listConsumerGroupOffsets(members.group).partitionsToOffsetAndMetadata().get().values().stream()
                .mapToLong(OffsetAndMetadata::offset).sum();
            Cases.expectEqual("committed", committed, 1000L);
        }
    }
}
