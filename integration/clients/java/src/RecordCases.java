import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;

/** Producing and consuming without groups. */
final class RecordCases {
    private RecordCases() {
    }

    static void codecs() throws Exception {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            String topic = Clients.makeTopic("java-" + codec, 3);
            Clients.send(topic, 0, 5000, "compression.type", codec, "linger.ms", "20", "batch.size", "100000");
            List<ConsumerRecord<String, String>> found = Clients.readAll(topic, 3, "check.crcs", "true");
            Cases.expectEqual(codec + ": count", found.size(), 5000);
            Cases.expectEqual(codec + ": records", Clients.numbers(found), Clients.range(0, 5000));
        }
        // Written with one codec, kept with another, as the topic says.
        String topic = Clients.makeTopic("java-recompressed", 1, Map.of("compression.type", "zstd"));
        Clients.send(topic, 0, 1000, "compression.type", "gzip", "linger.ms", "20");
        Cases.expectEqual("recompressed", Clients.numbers(Clients.readAll(topic, 1)), Clients.range(0, 1000));
    }

    static void fields() throws Exception {
        String topic = Clients.makeTopic("java-field", 1);
        TopicPartition place = new TopicPartition(topic, 0);
        long stamp = System.currentTimeMillis() - 60_000;
        try (KafkaProducer<String, String> producer = Clients.producer()) {
            ProducerRecord<String, String> full = new ProducerRecord<>(topic, 0, Long.valueOf(stamp), "key", "value");
            full.headers().add("a", new byte[] {1}).add("a", new byte[] {2}).add("none", null);
            RecordMetadata first = producer.send(full).get();
            Cases.expectEqual("offset and time", first.offset() + " " + first.timestamp(), "0 " + stamp);
            producer.send(new ProducerRecord<>(topic, 0, Long.valueOf(stamp + 1000), "gone", (String) null)).get();
            producer.send(new ProducerRecord<>(topic, 0, Long.valueOf(stamp + 2000), (String) null, "")).get();
        }
        List<ConsumerRecord<String, String>> found = Clients.readAll(topic, 1);
        Cases.expectEqual("keys", found.stream().map(ConsumerRecord::key).collect(Collectors.toList()), java.util.Arrays.asList("key", "gone", null));
        Cases.expectEqual("values", found.stream().map(ConsumerRecord::value).collect(Collectors.toList()), java.util.Arrays.asList("value", null, ""));
        Cases.expectEqual("times", found.stream().map(one -> one.timestamp() - stamp).collect(Collectors.toList()), List.of(0L, 1000L, 2000L));
        StringBuilder headers = new StringBuilder();
        found.get(0).headers().forEach(one -> headers.append(one.key()).append(one.value() == null ? "-" : "" + one.value()[0]));
        Cases.expectEqual("headers", headers.toString(), "a1a2none-");
        try (KafkaConsumer<String, String> consumer = Clients.consumer()) {
            OffsetAndTimestamp at = consumer.offsetsForTimes(Map.of(place, stamp + 1)).get(place);
            Cases.expectEqual("offset of a time", at.offset() + " " + (at.timestamp() - stamp), "1 1000");
            Cases.expectEqual("offset of a later time", consumer.offsetsForTimes(Map.of(place, stamp + 9_000_000)).get(place), null);
        }
    }

    static void order() throws Exception {
        String topic = Clients.makeTopic("java-order", 1);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer = Clients.producer("enable.idempotence", "true", "max.in.flight.requests.per.connection", "5", "batch.size", "500")) {
            for (int number = 0; number < 20_000; number++) {
                sent.add(producer.send(new ProducerRecord<>(topic, "" + number)));
            }
            producer.flush();
        }
        for (int number = 0; number < sent.size(); number++) {
            Cases.expectEqual("offset of record " + number, sent.get(number).get().offset(), (long) number);
        }
        List<Integer> found = Clients.readAll(topic, 1).stream().map(one -> Integer.valueOf(one.value())).collect(Collectors.toList());
        Cases.expectEqual("order", found, IntStream.range(0, 20_000).boxed().collect(Collectors.toList()));
    }

    static void tooLarge() throws Exception {
        String topic = Clients.makeTopic("java-max", 1, Map.of("max.message.bytes", "2000"));
        try (KafkaProducer<String, String> producer = Clients.producer()) {
            Cases.expectError(RecordTooLargeException.class, () -> producer.send(new ProducerRecord<>(topic, "x".repeat(5000))).get());
            producer.send(new ProducerRecord<>(topic, "small")).get();
        }
        Cases.expectEqual("values", Clients.readAll(topic, 1).stream().map(ConsumerRecord::value).collect(Collectors.toList()), List.of("small"));
    }

    static void large() throws Exception {
        String topic = Clients.makeTopic("java-large", 1);
        try (KafkaProducer<String, String> producer = Clients.producer("batch.size", "1")) {
            for (int number = 0; number < 6; number++) {
                producer.send(new ProducerRecord<>(topic, ("" + number).repeat(900_000))).get();
            }
        }
        // Every record is larger than what the consumer asks for.
        List<ConsumerRecord<String, String>> found = Clients.readAll(topic, 1, "max.partition.fetch.bytes", "1000", "fetch.max.bytes", "1000");
        Cases.expectEqual("first letters", found.stream().map(one -> one.value().substring(0, 1)).collect(Collectors.joining()), "012345");
        Cases.expect(found.stream().allMatch(one -> one.value().length() == 900_000), "a value is short");
    }
}
