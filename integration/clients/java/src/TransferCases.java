import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** Reading, writing and committing in one transaction, with what Kafka 2.8 has: old clients run it too. */
final class TransferCases {
    private TransferCases() {
    }

    static void consumeAndProduce() throws Exception {
        String source = Clients.makeTopic("java-src", 1);
        String target = Clients.makeTopic("java-dst", 2);
        String group = Cases.fresh("java-tg");
        TopicPartition place = new TopicPartition(source, 0);
        Clients.send(source, 0, 200);
        try (KafkaConsumer<String, String> reader = Clients.consumer("group.id", group, "max.poll.records", "20", "isolation.level", "read_committed");
             KafkaProducer<String, String> writer = Clients.producer("transactional.id", Cases.fresh("java-tx"))) {
            writer.initTransactions();
            reader.subscribe(List.of(source));
            long moved = 0;
            for (int step = 1; moved < 200; step++) {
                ConsumerRecords<String, String> batch = reader.poll(Duration.ofSeconds(5));
                writer.beginTransaction();
                for (ConsumerRecord<String, String> record : batch) {
                    writer.send(new ProducerRecord<>(target, record.key(), record.value()));
                }
                writer.sendOffsetsToTransaction(Map.of(place, new OffsetAndMetadata(reader.position(place))), reader.groupMetadata());
                if (step % 3 == 2) {
                    writer.flush();
                    writer.abortTransaction();
                    OffsetAndMetadata stood = reader.committed(Set.of(place)).get(place);
                    Cases.expectEqual("where the group stands after an abort", stood == null ? 0 : stood.offset(), moved);
                    reader.seek(place, moved);
                } else {
                    writer.commitTransaction();
                    moved += batch.count();
                }
            }
            Cases.expectEqual("where the group stands", reader.committed(Set.of(place)).get(place).offset(), 200L);
        }
        List<ConsumerRecord<String, String>> committed = Clients.readAll(target, 2, "isolation.level", "read_committed");
        Cases.expectEqual("committed count", committed.size(), 200);
        Cases.expectEqual("committed", Clients.numbers(committed), Clients.range(0, 200));
        Cases.expect(Clients.readAll(target, 2).size() > 200, "the aborted records are gone from the log");
    }
}
