import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The clients that the cases use, and the steps that they share. Settings are given as key, value, key, value. */
final class Clients {
    private Clients() {
    }

    static Map<String, Object> settings(String... pairs) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", Cases.BOOTSTRAP));
        for (int index = 0; index < pairs.length; index += 2) {
            settings.put(pairs[index], pairs[index + 1]);
        }
        return settings;
    }

    static Admin admin() {
        return Admin.create(settings());
    }

    static KafkaProducer<String, String> producer(String... pairs) {
        return new KafkaProducer<>(settings(pairs), new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(String... pairs) {
        Map<String, Object> settings = settings("auto.offset.reset", "earliest", "enable.auto.commit", "false");
        settings.putAll(settings(pairs));
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    static String makeTopic(String word, int partitions, Map<String, String> configs) throws Exception {
        String name = Cases.fresh(word);
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(name, Optional.of(partitions), Optional.empty()).configs(configs))).all().get();
            Cases.until(Duration.ofSeconds(10), name + " is seen", () -> admin.listTopics().names().get().contains(name));
        }
        return name;
    }

    static String makeTopic(String word, int partitions) throws Exception {
        return makeTopic(word, partitions, Map.of());
    }

    /** Sends the numbers from `start` to `end` (exclusive), as keys and values. */
    static void send(String topic, int start, int end, String... pairs) throws Exception {
        try (KafkaProducer<String, String> producer = producer(pairs)) {
            List<java.util.concurrent.Future<?>> sent = new ArrayList<>();
            for (int number = start; number < end; number++) {
                sent.add(producer.send(new ProducerRecord<>(topic, "" + number, "" + number)));
            }
            for (java.util.concurrent.Future<?> one : sent) {
                one.get();
            }
        }
    }

    /** Every record of a topic up to the end that it has now, without a group. */
    static List<ConsumerRecord<String, String>> readAll(String topic, int partitions, String... pairs) throws Exception {
        List<ConsumerRecord<String, String>> found = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(pairs)) {
            List<TopicPartition> places = IntStream.range(0, partitions).mapToObj(index -> new TopicPartition(topic, index)).collect(Collectors.toList());
            consumer.assign(places);
            consumer.seekToBeginning(places);
            Map<TopicPartition, Long> ends = consumer.endOffsets(places);
            Cases.until(Duration.ofSeconds(30), "the ends " + ends, () -> {
                consumer.poll(Duration.ofMillis(300)).forEach(found::add);
                return places.stream().allMatch(place -> consumer.position(place) >= ends.get(place));
            });
        }
        return found;
    }

    static Set<Integer> numbers(Collection<ConsumerRecord<String, String>> records) {
        return records.stream().map(record -> Integer.valueOf(record.value())).collect(Collectors.toCollection(TreeSet::new));
    }

    static Set<Integer> range(int start, int end) {
        return IntStream.range(start, end).boxed().collect(Collectors.toCollection(TreeSet::new));
    }
}
