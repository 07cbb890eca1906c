import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;

/** Transactions, as the second protocol (KIP-890) has them where the server offers it. */
final class TransactionCases {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private TransactionCases() {
    }

    static void fencing() throws Exception {
        String topic = Clients.makeTopic("java-fence", 1);
        String id = Cases.fresh("java-ftx");
        try (KafkaProducer<String, String> old = Clients.producer("transactional.id", id);
             KafkaProducer<String, String> now = Clients.producer("transactional.id", id)) {
            old.initTransactions();
            old.beginTransaction();
            old.send(new ProducerRecord<>(topic, "old")).get();
            now.initTransactions();
            now.beginTransaction();
            now.send(new ProducerRecord<>(topic, "new")).get();
            now.commitTransaction();
            // The second protocol says of it that its epoch is an old one.
            Cases.expectError(Set.of(ProducerFencedException.class, InvalidProducerEpochException.class), () -> {
                old.send(new ProducerRecord<>(topic, "older")).get();
                old.commitTransaction();
            });
        }
        List<ConsumerRecord<String, String>> found = Clients.readAll(topic, 1, "isolation.level", "read_committed");
        Cases.expectEqual("committed", found.size() + " " + found.get(0).value(), "1 new");
    }

    static void describeAndAbort() throws Exception {
        String topic = Clients.makeTopic("java-open", 1);
        String id = Cases.fresh("java-otx");
        TopicPartition place = new TopicPartition(topic, 0);
        try (Admin admin = Clients.admin(); KafkaProducer<String, String> writer = Clients.producer("transactional.id", id)) {
            writer.initTransactions();
            writer.beginTransaction();
            writer.send(new ProducerRecord<>(topic, "open")).get();
            TransactionDescription described = admin.describeTransactions(List.of(id)).description(id).get();
            Cases.expectEqual("state", described.state(), TransactionState.ONGOING);
            Cases.expectEqual("partitions", described.topicPartitions(), Set.of(place));
            Cases.expect(admin.listTransactions().all().get().stream().map(TransactionListing::transactionalId).anyMatch(id::equals), "it is not listed");
            ProducerState state = admin.describeProducers(List.of(place)).partitionResult(place).get().activeProducers().get(0);
            Cases.expectEqual("producer", state.producerId(), described.producerId());
            Cases.expectEqual("start", state.currentTransactionStartOffset().getAsLong(), 0L);
            admin.abortTransaction(new AbortTransactionSpec(place, state.producerId(), (short) state.producerEpoch(), state.coordinatorEpoch().orElse(0)))
                .all().get();
            Cases.until(LIMIT, "it is not open any more", () ->
                admin.describeProducers(List.of(place)).partitionResult(place).get().activeProducers().stream()
                    .allMatch(one -> one.currentTransactionStartOffset().isEmpty()));
            admin.fenceProducers(List.of(id)).all().get();
            Cases.expectError(KafkaException.class, writer::commitTransaction);
        }
        Cases.expectEqual("committed records", Clients.readAll(topic, 1, "isolation.level", "read_committed").size(), 0);
    }

    static void timeout() throws Exception {
        String topic = Clients.makeTopic("java-timeout", 1);
        try (KafkaProducer<String, String> writer = Clients.producer("transactional.id", Cases.fresh("java-ttx"), "transaction.timeout.ms", "2000")) {
            writer.initTransactions();
            writer.beginTransaction();
            writer.send(new ProducerRecord<>(topic, "late")).get();
            Clients.send(topic, 0, 1);
            // The open transaction holds back what follows it, until the server ends it.
            Cases.until(Duration.ofSeconds(40), "the record behind it is readable",
                () -> Clients.numbers(Clients.readAll(topic, 1, "isolation.level", "read_committed")).equals(Set.of(0)));
            Cases.expectError(KafkaException.class, writer::commitTransaction);
        }
    }
}
