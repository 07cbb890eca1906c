import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Names of cases, and what they check with. `--list` prints the names, a name runs the case; a case passes when it returns.
 * The server is BOOTSTRAP in the environment.
 */
final class Cases {
    interface Case {
        void run() throws Exception;
    }

    static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    private final Map<String, Case> registered = new LinkedHashMap<>();

    Cases add(String name, Case body) {
        registered.put(name, body);
        return this;
    }

    void main(String[] arguments) {
        if (Arrays.asList(arguments).contains("--list")) {
            registered.keySet().forEach(System.out::println);
            return;
        }
        try {
            registered.get(arguments[0]).run();
            System.exit(0);
        } catch (Throwable error) {
            error.printStackTrace();
            System.err.println("fail: " + error);
            System.exit(1);
        }
    }

    /** A name that no earlier run on the same server has used. */
    static String fresh(String word) {
        return word + "-" + System.currentTimeMillis() + "-" + ThreadLocalRandom.current().nextInt(1 << 30);
    }

    static void expect(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    static void expectEqual(String what, Object actual, Object expected) {
        expect(Objects.equals(actual, expected), what + ": expected " + expected + ", got " + actual);
    }

    /** Calls the condition until it is true; it may poll clients meanwhile. */
    static void until(Duration limit, String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.call()) {
            expect(System.nanoTime() < deadline, what + ": not within " + limit);
            Thread.sleep(20);
        }
    }

    /** Runs what must fail, and checks the error, or its cause, against a class. */
    static void expectError(Class<? extends Throwable> expected, Case body) {
        expectError(Set.of(expected), body);
    }

    static void expectError(Set<Class<? extends Throwable>> expected, Case body) {
        try {
            body.run();
        } catch (Throwable error) {
            expect(expected.stream().anyMatch(one -> one.isInstance(error) || one.isInstance(error.getCause())), "expected " + expected + ", got " + error);
            return;
        }
        throw new AssertionError("expected " + expected + ", got none");
    }
}
