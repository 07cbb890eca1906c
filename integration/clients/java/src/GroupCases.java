import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;

/** Groups in both protocols. */
final class GroupCases {
    private GroupCases() {
    }

    /** Settings that make a lost member be noticed soon, where the client may set them. */
    private static String[] quick(String... pairs) {
        if (pairs[1].equals("consumer")) {
            return pairs;
        }
        List<String> all = new ArrayList<>(List.of(pairs));
        all.addAll(List.of("session.timeout.ms", "6000", "heartbeat.interval.ms", "500"));
        return all.toArray(new String[0]);
    }

    static void rebalance(String... protocol) throws Exception {
        String topic = Clients.makeTopic("java-group", 6);
        String[] settings = quick(protocol);
        try (Admin admin = Clients.admin(); Members members = new Members()) {
            members.add(topic, settings);
            members.untilShared(6);
            KafkaConsumer<String, String> second = members.add(topic, settings);
            members.untilShared(3, 3);
            Clients.send(topic, 0, 500);
            members.untilSeen(500);
            members.list.forEach(KafkaConsumer::commitSync);
            ConsumerGroupDescription described = admin.describeConsumerGroups(List.of(members.group)).describedGroups().get(members.group).get();
            Cases.expectEqual("state", described.groupState(), GroupState.STABLE);
            Cases.expectEqual("type", described.type(), protocol[1].equals("consumer") ? GroupType.CONSUMER : GroupType.CLASSIC);
            Cases.expectEqual("partitions of the members", described.members().stream().mapToInt(one -> one.assignment().topicPartitions().size()).sum(), 6);
            Cases.expectError(GroupNotEmptyException.class, () -> admin.deleteConsumerGroups(List.of(members.group)).all().get());
            members.add(topic, settings);
            members.untilShared(2, 2, 2);
            members.remove(second);
            members.untilShared(3, 3);
            Clients.send(topic, 500, 1000);
            members.untilSeen(1000);
            members.list.forEach(KafkaConsumer::commitSync);
            Cases.expectEqual("records seen", members.seen.size(), 1000);
            long committed = admin.listConsumerGroupOffsets(members.group).partitionsToOffsetAndMetadata().get().values().stream()
                .mapToLong(OffsetAndMetadata::offset).sum();
            Cases.expectEqual("committed", committed, 1000L);
            Cases.expect(admin.listGroups().all().get().stream().map(GroupListing::groupId).anyMatch(members.group::equals), "the group is not listed");
        }
    }

    static void staticMember() throws Exception {
        String topic = Clients.makeTopic("java-static", 4);
        for (String protocol : List.of("classic", "consumer")) {
            try (Members members = new Members()) {
                members.add(topic, quick("group.protocol", protocol, "group.instance.id", "one"));
                KafkaConsumer<String, String> second = members.add(topic, quick("group.protocol", protocol, "group.instance.id", "two"));
                members.untilShared(2, 2);
                KafkaConsumer<String, String> first = members.list.get(0);
                Set<TopicPartition> kept = first.assignment();
                Set<TopicPartition> held = second.assignment();
                // A static member that closes stays a member for its session.
                members.remove(second);
                members.poll();
                Cases.expectEqual(protocol + ": of the other one meanwhile", first.assignment(), kept);
                second = members.add(topic, quick("group.protocol", protocol, "group.instance.id", "two"));
                members.untilShared(2, 2);
                Cases.expectEqual(protocol + ": of the one that came back", second.assignment(), held);
                Cases.expectEqual(protocol + ": of the other one", first.assignment(), kept);
            }
        }
    }

    static void upgrade() throws Exception {
        String topic = Clients.makeTopic("java-upgrade", 4);
        try (Admin admin = Clients.admin(); Members members = new Members()) {
            KafkaConsumer<String, String> old = members.add(topic, quick("group.protocol", "classic"));
            members.untilShared(4);
            Clients.send(topic, 0, 100);
            members.untilSeen(100);
            old.commitSync();
            members.add(topic, "group.protocol", "consumer");
            members.untilShared(2, 2);
            members.remove(old);
            members.untilShared(4);
            Clients.send(topic, 100, 200);
            members.untilSeen(200);
            Cases.expectEqual("records seen", members.seen.size(), 200);
            ConsumerGroupDescription described = admin.describeConsumerGroups(List.of(members.group)).describedGroups().get(members.group).get();
            Cases.expectEqual("type", described.type(), GroupType.CONSUMER);
        }
    }

    static void pattern() throws Exception {
        String word = Cases.fresh("java-pattern");
        Clients.makeTopic(word + "-a", 2);
        try (Members members = new Members()) {
            KafkaConsumer<String, String> member = members.make("group.protocol", "consumer", "metadata.max.age.ms", "1000");
            member.subscribe(new SubscriptionPattern(Pattern.quote(word).replace("\\Q", "").replace("\\E", "") + "-[ab].*"));
            members.untilShared(2);
            Clients.makeTopic(word + "-b", 3);
            Clients.makeTopic(word + "-c", 3);
            members.untilShared(5);
        }
    }

    static void offsets() throws Exception {
        String topic = Clients.makeTopic("java-commit", 1);
        String group = Cases.fresh("java-og");
        TopicPartition place = new TopicPartition(topic, 0);
        Clients.send(topic, 0, 10);
        try (Admin admin = Clients.admin(); KafkaConsumer<String, String> consumer = Clients.consumer("group.id", group)) {
            consumer.assign(List.of(place));
            consumer.commitSync(Map.of(place, new OffsetAndMetadata(7, "a word")));
            OffsetAndMetadata kept = consumer.committed(Set.of(place)).get(place);
            Cases.expectEqual("commit", kept.offset() + " " + kept.metadata(), "7 a word");
            admin.alterConsumerGroupOffsets(group, new HashMap<>(Map.of(place, new OffsetAndMetadata(3)))).all().get();
            Cases.expectEqual("after the reset", consumer.committed(Set.of(place)).get(place).offset(), 3L);
            admin.deleteConsumerGroupOffsets(group, Set.of(place)).all().get();
            Cases.expectEqual("after the deletion", consumer.committed(Set.of(place)).get(place), null);
            consumer.commitSync(Map.of(place, new OffsetAndMetadata(1)));
            admin.deleteConsumerGroups(List.of(group)).all().get();
            Cases.expectError(GroupIdNotFoundException.class, () -> admin.deleteConsumerGroups(List.of(group)).all().get());
        }
    }
}
