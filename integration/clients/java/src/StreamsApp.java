import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;

/**
 * A Streams application with exactly-once v2: copies its input, and sums it by user and window of five seconds.
 *
 * Input: value `user,amount`. Copy: the input as it is. Totals: key `user@window start`, value `count,sum`. The user is not the key of the input, so
 * that a repartition topic lies between; the totals are in a store with a changelog. Ends with 1 on the first error.
 */
public final class StreamsApp {
    static final long WINDOW_MS = 5000;

    private StreamsApp() {
    }

    /** `StreamsApp APPLICATION_ID INPUT COPY TOTALS STATE_FOLDER` */
    public static void main(String[] arguments) {
        Properties settings = new Properties();
        settings.putAll(Map.of(
            "bootstrap.servers", Cases.BOOTSTRAP,
            "application.id", arguments[0],
            "processing.guarantee", "exactly_once_v2",
            "state.dir", Path.of(arguments[4]).toString(),
            "num.stream.threads", "2",
            "replication.factor", "1",
            "auto.offset.reset", "earliest",
            "group.protocol", System.getenv().getOrDefault("STREAMS_GROUP_PROTOCOL", "classic")));
        if (settings.get("group.protocol").equals("classic")) {
            // The place of an application that was killed is free after this.
            settings.putAll(Map.of("session.timeout.ms", "6000", "heartbeat.interval.ms", "1000"));
        }
        StreamsBuilder builder = new StreamsBuilder();
        var strings = Serdes.String();
        KStream<String, String> input = builder.stream(arguments[1], Consumed.with(strings, strings));
        input.to(arguments[2], Produced.with(strings, strings));
        input.groupBy((key, value) -> value.split(",")[0], Grouped.with(strings, strings))
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(WINDOW_MS), Duration.ofMinutes(10)))
            .aggregate(() -> "0,0", (user, value, total) -> add(total, value), Materialized.with(strings, strings))
            .toStream((window, total) -> window.key() + "@" + window.window().start())
            .to(arguments[3], Produced.with(strings, strings));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            System.err.println("fail: the application: " + error);
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(30))));
        streams.start();
    }

    private static String add(String total, String value) {
        String[] parts = total.split(",");
        return Long.parseLong(parts[0]) + 1 + "," + (Long.parseLong(parts[1]) + Long.parseLong(value.split(",")[1]));
    }
}
