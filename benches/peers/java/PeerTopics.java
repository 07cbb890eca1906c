import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Creates topics: `PeerTopics HOST:PORT NAME:PARTITIONS[:KEY=VALUE]...`.
 *
 * Kafka's own tool looks configurations up in the list of its own version and so refuses those that only Headwater has; the admin client sends what it is
 * given.
 */
public final class PeerTopics {
    private PeerTopics() {}

    public static void main(String[] arguments) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (int index = 1; index < arguments.length; index++) {
            topics.add(topic(arguments[index]));
        }
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]))) {
            admin.createTopics(topics).all().get(60, TimeUnit.SECONDS);
        }
    }

    private static NewTopic topic(String text) {
        String[] parts = text.split(":");
        Map<String, String> config = new HashMap<>();
        for (int index = 2; index < parts.length; index++) {
            String[] entry = parts[index].split("=", 2);
            config.put(entry[0], entry[1]);
        }
        return new NewTopic(parts[0], Integer.parseInt(parts[1]), (short) 1).configs(config);
    }
}
