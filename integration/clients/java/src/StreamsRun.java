import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Runs {@link StreamsApp} under load for some minutes and checks every result: `StreamsRun MINUTES FOLDER`.
 *
 * A third of the way the application is killed without warning, at two thirds it is asked to end; each time it starts again and goes on. In the end, for
 * a reader of what is committed, the copy holds each record once, the last total of each user and window is that of what was sent, and no total of a
 * window ever shrank. The application's log must show no error.
 */
public final class StreamsRun {
    private static final int RECORDS_PER_SECOND = 400;
    private static final int PARTITIONS = 4;

    private final Path folder;
    private final String id = Cases.fresh("streams");
    private final Map<String, long[]> expected = new HashMap<>();
    private final Set<String> sent = new HashSet<>();
    private final List<File> logs = new ArrayList<>();
    private String input;
    private String copy;
    private String totals;
    private Process application;

    private StreamsRun(Path folder) {
        this.folder = folder;
    }

    public static void main(String[] arguments) {
        StreamsRun run = new StreamsRun(Path.of(arguments[1]));
        long seconds = Math.round(Double.parseDouble(arguments[0]) * 60);
        new Cases().add("run", () -> run.run(seconds)).main(new String[] {"run"});
    }

    private void run(long seconds) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> application.destroyForcibly()));
        input = Clients.makeTopic("streams-in", PARTITIONS);
        copy = Clients.makeTopic("streams-copy", PARTITIONS);
        totals = Clients.makeTopic("streams-totals", PARTITIONS);
        start();
        try (KafkaProducer<String, String> producer = Clients.producer("linger.ms", "20")) {
            generate(producer, seconds / 3);
            System.out.println("killing the application");
            application.destroyForcibly().waitFor();
            start();
            generate(producer, seconds / 3);
            System.out.println("asking the application to end");
            application.destroy();
            Cases.expect(application.waitFor(60, java.util.concurrent.TimeUnit.SECONDS), "it does not end");
            start();
            generate(producer, seconds - 2 * (seconds / 3));
        }
        System.out.println("sent " + sent.size() + " records of " + expected.size() + " users and windows");
        Cases.until(Duration.ofSeconds(120), "all is copied and summed", () -> running() && isComplete());
        application.destroy();
        application.waitFor();
        verify();
        for (File log : logs) {
            for (String line : java.nio.file.Files.readAllLines(log.toPath())) {
                // After the kill it finds its store without a checkpoint and says so: that is how exactly-once works.
                boolean isError = line.contains(" ERROR ") && !line.contains("TaskCorruptedException");
                Cases.expect(!isError && !line.startsWith("fail:"), "the application's log: " + line);
            }
        }
    }

    private void start() throws Exception {
        File log = folder.resolve("application-" + logs.size() + ".log").toFile();
        logs.add(log);
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:+UseSerialGC",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=info", "-cp", System.getProperty("java.class.path"),
            "StreamsApp", id, input, copy, totals, folder.resolve("state").toString());
        application = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    }

    private boolean running() {
        Cases.expect(application.isAlive(), "the application ended by itself; " + logs.get(logs.size() - 1));
        return true;
    }

    private void generate(KafkaProducer<String, String> producer, long seconds) throws Exception {
        Random random = new Random(sent.size());
        long end = System.currentTimeMillis() + seconds * 1000;
        while (System.currentTimeMillis() < end) {
            running();
            for (int index = 0; index < RECORDS_PER_SECOND / 10; index++) {
                long now = System.currentTimeMillis();
                String user = "user" + random.nextInt(50);
                int amount = random.nextInt(1000);
                String number = "n" + sent.size();
                producer.send(new ProducerRecord<>(input, null, Long.valueOf(now), number, user + "," + amount), (place, error) -> {
                    if (error != null) {
                        System.err.println("fail: send: " + error);
                        System.exit(1);
                    }
                });
                sent.add(number);
                long[] total = expected.computeIfAbsent(user + "@" + (now - now % StreamsApp.WINDOW_MS), key -> new long[2]);
                total[0] += 1;
                total[1] += amount;
            }
            Thread.sleep(100);
        }
        producer.flush();
    }

    private List<ConsumerRecord<String, String>> committed(String topic) throws Exception {
        return Clients.readAll(topic, PARTITIONS, "isolation.level", "read_committed");
    }

    private boolean isComplete() throws Exception {
        if (committed(copy).size() < sent.size()) {
            return false;
        }
        long count = lastTotals().values().stream().mapToLong(total -> total[0]).sum();
        return count >= sent.size();
    }

    private Map<String, long[]> lastTotals() throws Exception {
        Map<String, long[]> last = new HashMap<>();
        for (ConsumerRecord<String, String> record : committed(totals)) {
            String[] parts = record.value().split(",");
            long[] now = {Long.parseLong(parts[0]), Long.parseLong(parts[1])};
            long[] before = last.put(record.key(), now);
            Cases.expect(before == null || before[0] <= now[0], "the count of " + record.key() + " went from " + (before == null ? 0 : before[0]) + " to " + now[0]);
        }
        return last;
    }

    private void verify() throws Exception {
        List<ConsumerRecord<String, String>> copied = committed(copy);
        Set<String> keys = new HashSet<>();
        copied.forEach(record -> keys.add(record.key()));
        Cases.expectEqual("copied records", copied.size(), sent.size());
        Cases.expectEqual("copied keys", keys, sent);
        Map<String, long[]> found = lastTotals();
        Cases.expectEqual("users and windows", found.keySet(), expected.keySet());
        expected.forEach((key, total) -> Cases.expectEqual("total of " + key, List.of(found.get(key)[0], found.get(key)[1]), List.of(total[0], total[1])));
        System.out.println("verified " + copied.size() + " copies and " + found.size() + " totals");
    }
}
