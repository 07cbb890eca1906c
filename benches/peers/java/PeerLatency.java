import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Latency at a fixed rate: `PeerLatency HOST:PORT TOPIC RATE WARMUP_SECONDS SECONDS RECORD_BYTES [PRODUCER_KEY=VALUE]...`.
 *
 * One producer and one consumer in one process, which share its clock. Open loop: a record is due by the plan, and both latencies count from that moment,
 * however late the producer came to it, so that a stall counts for every record that it held up. `acknowledgement` ends in the producer's callback,
 * `end_to_end` where the consumer is handed the record. What is due in the warm-up is sent and read but not counted. Kafka's own tools tell whole milliseconds
 * (ProducerPerformance) or send one record at a time (EndToEndLatency), which is why they do not serve here.
 *
 * Prints one JSON object, times in milliseconds. Leaves with 1 where a record fails or is not read within 30 seconds of the last acknowledgement.
 */
public final class PeerLatency {
    private static final long HOUR_MICROSECONDS = 3_600_000_000L;
    private static final long READ_NANOSECONDS = TimeUnit.SECONDS.toNanos(30);

    private final String bootstrap;
    private final String topic;
    private final double rate;
    private final long warmup;
    private final long total;
    private final int size;
    private final Histogram acknowledgement = new Histogram(HOUR_MICROSECONDS, 3);
    private final Histogram endToEnd = new Histogram(HOUR_MICROSECONDS, 3);
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final CountDownLatch readerIsAtTheEnd = new CountDownLatch(1);
    private final CountDownLatch allIsRead = new CountDownLatch(1);

    private PeerLatency(String[] arguments) {
        bootstrap = arguments[0];
        topic = arguments[1];
        rate = Double.parseDouble(arguments[2]);
        warmup = Math.round(rate * Double.parseDouble(arguments[3]));
        total = warmup + Math.round(rate * Double.parseDouble(arguments[4]));
        size = Math.max(Integer.parseInt(arguments[5]), 2 * Long.BYTES);
    }

    public static void main(String[] arguments) throws Exception {
        PeerLatency latency = new PeerLatency(arguments);
        Thread reader = new Thread(latency::read, "reader");
        reader.setDaemon(true);
        reader.start();
        latency.readerIsAtTheEnd.await();
        double seconds = latency.send(List.of(arguments).subList(6, arguments.length));
        if (!latency.allIsRead.await(READ_NANOSECONDS, TimeUnit.NANOSECONDS)) {
            latency.failure.compareAndSet(null, new IllegalStateException("not every record was read"));
        }
        if (latency.failure.get() != null) {
            latency.failure.get().printStackTrace();
            System.exit(1);
        }
        System.out.printf(Locale.ROOT, "{\"records\": %d, \"sent_per_second\": %.0f, \"acknowledgement\": %s, \"end_to_end\": %s}%n", latency.total,
            latency.total / seconds, json(latency.acknowledgement), json(latency.endToEnd));
    }

    /** Sends by the plan; how many seconds that took. */
    private double send(List<String> settings) throws InterruptedException {
        Properties properties = new Properties();
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        for (String setting : settings) {
            String[] entry = setting.split("=", 2);
            properties.put(entry[0], entry[1]);
        }
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties)) {
            // Whatever a first record waits for besides the log is over before the plan begins.
            producer.partitionsFor(topic);
            long start = System.nanoTime();
            for (long index = 0; index < total && failure.get() == null; index++) {
                long due = start + Math.round(index * 1e9 / rate);
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                send(producer, index, due);
            }
            producer.flush();
            return (System.nanoTime() - start) / 1e9;
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, long index, long due) {
        byte[] value = ByteBuffer.allocate(size).putLong(index).putLong(due).array();
        // One thread of the producer calls all callbacks.
        producer.send(new ProducerRecord<>(topic, value), (metadata, exception) -> {
            if (exception != null) {
                failure.compareAndSet(null, exception);
            } else {
                count(acknowledgement, index, due, System.nanoTime());
            }
        });
    }

    private void count(Histogram histogram, long index, long due, long now) {
        if (index >= warmup) {
            histogram.recordValue(Math.min(Math.max((now - due) / 1000, 1), HOUR_MICROSECONDS));
        }
    }

    /** Reads everything that comes from now on. */
    private void read() {
        Properties properties = new Properties();
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream().map(PeerLatency::partition).toList();
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            readerIsAtTheEnd.countDown();
            for (long read = 0; read < total; ) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    ByteBuffer value = ByteBuffer.wrap(record.value());
                    count(endToEnd, value.getLong(), value.getLong(), System.nanoTime());
                    read++;
                }
            }
            allIsRead.countDown();
        } catch (Exception exception) {
            failure.compareAndSet(null, exception);
            readerIsAtTheEnd.countDown();
            allIsRead.countDown();
        }
    }

    private static TopicPartition partition(PartitionInfo info) {
        return new TopicPartition(info.topic(), info.partition());
    }

    private static String json(Histogram histogram) {
        return String.format(Locale.ROOT, "{\"p50\": %.3f, \"p99\": %.3f, \"p99.9\": %.3f, \"max\": %.3f}", histogram.getValueAtPercentile(50) / 1e3,
            histogram.getValueAtPercentile(99) / 1e3, histogram.getValueAtPercentile(99.9) / 1e3, histogram.getMaxValue() / 1e3);
    }
}
