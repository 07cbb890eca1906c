import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** The members of one group, polled in turn, and what they have received. */
final class Members implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(45);

    final String group = Cases.fresh("java-g");
    final List<KafkaConsumer<String, String>> list = new ArrayList<>();
    final List<Integer> seen = new ArrayList<>();

    KafkaConsumer<String, String> add(String topic, String... pairs) {
        KafkaConsumer<String, String> member = make(pairs);
        member.subscribe(List.of(topic));
        return member;
    }

    KafkaConsumer<String, String> make(String... pairs) {
        String[] all = new String[pairs.length + 2];
        all[0] = "group.id";
        all[1] = group;
        System.arraycopy(pairs, 0, all, 2, pairs.length);
        KafkaConsumer<String, String> member = Clients.consumer(all);
        list.add(member);
        return member;
    }

    void poll() {
        for (KafkaConsumer<String, String> member : list) {
            for (ConsumerRecord<String, String> record : member.poll(Duration.ofMillis(50))) {
                seen.add(Integer.valueOf(record.value()));
            }
        }
    }

    /** Polls until the members hold so many partitions, fewest first. */
    void untilShared(Integer... counts) throws Exception {
        Cases.until(LIMIT, "partitions are shared " + List.of(counts), () -> {
            poll();
            return list.stream().map(one -> one.assignment().size()).sorted().collect(Collectors.toList()).equals(List.of(counts));
        });
    }

    void untilSeen(int count) throws Exception {
        Cases.until(LIMIT, count + " records are seen", () -> {
            poll();
            return new TreeSet<>(seen).size() >= count;
        });
    }

    void remove(KafkaConsumer<String, String> member) {
        list.remove(member);
        member.close();
    }

    @Override
    public void close() {
        list.forEach(KafkaConsumer::close);
    }
}
