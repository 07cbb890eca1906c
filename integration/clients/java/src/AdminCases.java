import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** The admin client's calls about topics, settings, offsets, the cluster, ACLs and quotas. */
final class AdminCases {
    private AdminCases() {
    }

    static void topics() throws Exception {
        try (Admin admin = Clients.admin()) {
            String name = Clients.makeTopic("java-topic", 2);
            TopicDescription described = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
            Uuid id = described.topicId();
            Cases.expect(!id.equals(Uuid.ZERO_UUID), "the topic has no id");
            Cases.expectEqual("by id", admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id).name(), name);
            admin.createPartitions(Map.of(name, NewPartitions.increaseTo(5))).all().get();
            Cases.until(Duration.ofSeconds(10), "five partitions",
                () -> admin.describeTopics(List.of(name)).allTopicNames().get().get(name).partitions().size() == 5);
            admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
            Cases.until(Duration.ofSeconds(10), "the topic is gone", () -> !admin.listTopics().names().get().contains(name));
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
            Cases.until(Duration.ofSeconds(10), "the topic is back", () -> admin.listTopics().names().get().contains(name));
            Uuid again = admin.describeTopics(List.of(name)).allTopicNames().get().get(name).topicId();
            Cases.expect(!again.equals(id), "a topic that was made again has its old id");
        }
    }

    static void settings() throws Exception {
        try (Admin admin = Clients.admin()) {
            String name = Clients.makeTopic("java-config", 1, Map.of("cleanup.policy", "compact", "segment.ms", "60000"));
            ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
            Config before = admin.describeConfigs(List.of(topic)).all().get().get(topic);
            Cases.expectEqual("cleanup.policy", before.get("cleanup.policy").value(), "compact");
            Cases.expectEqual("its source", before.get("cleanup.policy").source(), ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
            Cases.expectEqual("retention.ms", before.get("retention.ms").value(), "604800000");
            Cases.expectEqual("its source", before.get("retention.ms").source(), ConfigEntry.ConfigSource.DEFAULT_CONFIG);
            Cases.expect(before.entries().size() > 25, "only " + before.entries().size() + " settings");
            Collection<AlterConfigOp> changes = List.of(
                new AlterConfigOp(new ConfigEntry("cleanup.policy", "delete"), OpType.APPEND),
                new AlterConfigOp(new ConfigEntry("segment.ms", null), OpType.DELETE),
                new AlterConfigOp(new ConfigEntry("retention.ms", "1000000"), OpType.SET));
            admin.incrementalAlterConfigs(Map.of(topic, changes)).all().get();
            Cases.until(Duration.ofSeconds(10), "the changes", () -> {
                Config after = admin.describeConfigs(List.of(topic)).all().get().get(topic);
                return after.get("cleanup.policy").value().equals("compact,delete") && after.get("segment.ms").value().equals("604800000")
                    && after.get("retention.ms").value().equals("1000000");
            });
            Node node = admin.describeCluster().nodes().get().iterator().next();
            ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, node.idString());
            Config settings = admin.describeConfigs(List.of(broker)).all().get().get(broker);
            Cases.expectEqual("advertised.listeners", settings.get("advertised.listeners").source(), ConfigEntry.ConfigSource.STATIC_BROKER_CONFIG);
            Cases.expectEqual("num.partitions", settings.get("num.partitions").value(), "4");
        }
    }

    static void errors() throws Exception {
        try (Admin admin = Clients.admin()) {
            String name = Clients.makeTopic("java-error", 1);
            Cases.expectError(TopicExistsException.class, () -> admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get());
            Cases.expectError(InvalidTopicException.class, () -> admin.createTopics(List.of(new NewTopic("a b", 1, (short) 1))).all().get());
            Cases.expectError(InvalidPartitionsException.class, () -> admin.createTopics(List.of(new NewTopic(Cases.fresh("e"), 0, (short) 1))).all().get());
            Cases.expectError(InvalidReplicationFactorException.class,
                () -> admin.createTopics(List.of(new NewTopic(Cases.fresh("e"), 1, (short) 9))).all().get());
            Cases.expectError(InvalidConfigurationException.class,
                () -> admin.createTopics(List.of(new NewTopic(Cases.fresh("e"), 1, (short) 1).configs(Map.of("retention.ms", "soon")))).all().get());
            Cases.expectError(InvalidConfigurationException.class,
                () -> admin.createTopics(List.of(new NewTopic(Cases.fresh("e"), 1, (short) 1).configs(Map.of("no.such.setting", "1")))).all().get());
            Cases.expectError(InvalidPartitionsException.class, () -> admin.createPartitions(Map.of(name, NewPartitions.increaseTo(1))).all().get());
            Cases.expectError(UnknownTopicOrPartitionException.class, () -> admin.describeTopics(List.of("no-such-topic")).allTopicNames().get());
            Cases.expectError(UnknownTopicOrPartitionException.class, () -> admin.deleteTopics(List.of("no-such-topic")).all().get());
            Cases.expectError(UnknownTopicIdException.class,
                () -> admin.describeTopics(TopicCollection.ofTopicIds(List.of(Uuid.randomUuid()))).allTopicIds().get());
            Cases.expectError(ElectionNotNeededException.class,
                () -> admin.electLeaders(ElectionType.PREFERRED, Set.of(new TopicPartition(name, 0))).partitions().get()
                    .get(new TopicPartition(name, 0)).ifPresent(error -> { throw new IllegalStateException(error); }));
        }
    }

    static void offsets() throws Exception {
        String name = Clients.makeTopic("java-offset", 1);
        TopicPartition place = new TopicPartition(name, 0);
        Clients.send(name, 0, 50);
        Thread.sleep(5);
        long middle = System.currentTimeMillis();
        Clients.send(name, 50, 100);
        try (Admin admin = Clients.admin()) {
            Map<OffsetSpec, Long> expected = Map.of(OffsetSpec.earliest(), 0L, OffsetSpec.latest(), 100L, OffsetSpec.forTimestamp(middle), 50L);
            for (Map.Entry<OffsetSpec, Long> one : expected.entrySet()) {
                ListOffsetsResultInfo found = admin.listOffsets(Map.of(place, one.getKey())).partitionResult(place).get();
                Cases.expectEqual("" + one.getKey(), found.offset(), one.getValue());
            }
            long newest = admin.listOffsets(Map.of(place, OffsetSpec.maxTimestamp())).partitionResult(place).get().offset();
            Cases.expect(newest >= 50, "the newest time is at " + newest);
            Cases.expectEqual("low watermark", admin.deleteRecords(Map.of(place, RecordsToDelete.beforeOffset(30))).lowWatermarks().get(place).get().lowWatermark(), 30L);
            Cases.expectEqual("start", admin.listOffsets(Map.of(place, OffsetSpec.earliest())).partitionResult(place).get().offset(), 30L);
            Cases.expectEqual("records", Clients.numbers(Clients.readAll(name, 1)), Clients.range(30, 100));
        }
    }

    static void cluster() throws Exception {
        String name = Clients.makeTopic("java-cluster", 2);
        Clients.send(name, 0, 10);
        try (Admin admin = Clients.admin()) {
            DescribeClusterResult cluster = admin.describeCluster();
            Cases.expectEqual("nodes", cluster.nodes().get().size(), 1);
            Node node = cluster.nodes().get().iterator().next();
            Cases.expectEqual("address", node.host() + ":" + node.port(), Cases.BOOTSTRAP);
            Cases.expect(cluster.clusterId().get().length() >= 16, "cluster id " + cluster.clusterId().get());
            Map<String, LogDirDescription> folders = admin.describeLogDirs(List.of(node.id())).allDescriptions().get().get(node.id());
            long bytes = folders.values().stream().flatMap(one -> one.replicaInfos().entrySet().stream())
                .filter(one -> one.getKey().topic().equals(name)).mapToLong(one -> one.getValue().size()).sum();
            Cases.expect(bytes > 0, "the topic has no size");
            var features = admin.describeFeatures().featureMetadata().get();
            Cases.expect(features.finalizedFeatures().containsKey("metadata.version"), "no metadata.version in " + features);
            Cases.expect(features.finalizedFeatures().get("transaction.version").maxVersionLevel() >= 2, "transaction.version in " + features);
            var quorum = admin.describeMetadataQuorum().quorumInfo().get();
            Cases.expectEqual("quorum leader", quorum.leaderId(), node.id());
            Cases.expect(admin.listPartitionReassignments().reassignments().get().isEmpty(), "something is being moved");
        }
    }

    static void acls() throws Exception {
        String name = Cases.fresh("java-acl");
        AclBinding binding = new AclBinding(new ResourcePattern(ResourceType.TOPIC, name, PatternType.PREFIXED),
            new AccessControlEntry("User:alice", "*", AclOperation.READ, AclPermissionType.ALLOW));
        try (Admin admin = Clients.admin()) {
            admin.createAcls(List.of(binding)).all().get();
            Cases.until(Duration.ofSeconds(10), "the ACL is kept", () -> List.of(binding).equals(new ArrayList<>(admin.describeAcls(binding.toFilter()).values().get())));
            Cases.expectEqual("deleted", new ArrayList<>(admin.deleteAcls(List.of(binding.toFilter())).all().get()), List.of(binding));
            Cases.until(Duration.ofSeconds(10), "the ACL is gone", () -> admin.describeAcls(binding.toFilter()).values().get().isEmpty());
        }
    }

    static void quotas() throws Exception {
        ClientQuotaEntity entity = new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, Cases.fresh("java-quota")));
        try (Admin admin = Clients.admin()) {
            for (Optional<Double> rate : List.of(Optional.of(1048576.0), Optional.<Double>empty())) {
                var change = new ClientQuotaAlteration.Op("producer_byte_rate", rate.orElse(null));
                admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(change)))).all().get();
                Cases.until(Duration.ofSeconds(10), "the quota is " + rate, () -> {
                    Map<String, Double> kept = admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get().getOrDefault(entity, Map.of());
                    return Optional.ofNullable(kept.get("producer_byte_rate")).equals(rate);
                });
            }
        }
    }
}
