//! What a running query has made of its input equals what DataFusion makes of the same rows in one go, however the rows were cut into epochs and
//! however often the engine was restarted. Some rows have no event time: they are no rows of windows, and rows like any other everywhere else.

use super::{World, close_windows, run, sorted, wait_idle};

/// A query and its name; the batch answer is to the same text.
const QUERIES: [(&str, &str); 6] = [
    ("by_key", "SELECT k, count(*) AS n, count(v) AS c, sum(v) AS s, min(v) AS lo, max(v) AS hi, avg(v) AS a FROM input GROUP BY k"),
    ("distinct_values", "SELECT k, count(DISTINCT v) AS d, count(*) FILTER (WHERE v > 0) AS positive FROM input GROUP BY k"),
    ("having", "SELECT v, count(*) AS n FROM input WHERE k IS NOT NULL GROUP BY v HAVING count(*) > 2"),
    (
        "windows",
        "SELECT window_start, window_end, k, count(*) AS n, sum(v) AS s FROM input WHERE at IS NOT NULL GROUP BY TUMBLE(at, INTERVAL '1' MINUTE), k",
    ),
    ("texts", "SELECT upper(t) AS u, min(t) AS lo, max(at) AS latest FROM input GROUP BY upper(t)"),
    (
        "expressions",
        "SELECT k % 2 AS odd, sum(v * 2 + 1) AS s, max(coalesce(v, 0)) - min(coalesce(v, 0)) AS spread FROM input GROUP BY k % 2",
    ),
];

const FINAL: (&str, &str) = (
    "closed",
    "SELECT window_start, t, count(*) AS n, count(DISTINCT k) AS d, sum(v) AS s FROM input WHERE at IS NOT NULL GROUP BY TUMBLE(at, INTERVAL '30' SECOND), t",
);

/// A small generator with a seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// A run of rows whose times go forward with a jitter of less than the watermark's delay.
fn values(chance: &mut Chance, from: u64, count: u64) -> String {
    let row = |index: u64, chance: &mut Chance| {
        let null_or = |chance: &mut Chance, text: String| if chance.below(8) == 0 { "NULL".to_string() } else { text };
        let k = chance.below(4).to_string();
        let v = (chance.below(9) as i64 - 4).to_string();
        let t = ["'a'", "'B'", "'ab'", "''"][chance.below(4) as usize].to_string();
        let second = 100 + (from + index) * 3 - chance.below(59);
        let (k, v, t) = (null_or(chance, k), null_or(chance, v), null_or(chance, t));
        let at = null_or(chance, format!("to_timestamp_millis({})", second * 1000));
        format!("({k}, {v}, {t}, {at})")
    };
    (0..count).map(|index| row(index, chance)).collect::<Vec<_>>().join(", ")
}

async fn check(seed: u64, partition_count: u32, world: World) {
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut engine = world.engine().await;
    let mut script = format!(
        "CREATE STREAM input (k INT, v BIGINT, t VARCHAR, at TIMESTAMP, WATERMARK FOR at AS at - INTERVAL '2' MINUTE) WITH (topic = 'input', partitions = {partition_count}, key = 't');"
    );
    for (name, query) in QUERIES {
        script += &format!("CREATE TABLE {name} AS {query};");
    }
    script += &format!("CREATE TABLE {} AS {} EMIT ON WINDOW CLOSE;", FINAL.0, FINAL.1);
    let created = run(&engine, &script).await;
    assert_eq!(created, "table closed created, its query runs", "seed {seed}");
    let mut written = 0;
    for _ in 0..4 {
        let count = 1 + chance.below(40);
        let insert = format!("INSERT INTO input VALUES {}", values(&mut chance, written, count));
        let inserted = run(&engine, &insert).await;
        assert!(inserted.contains("inserted"), "seed {seed}: {inserted}");
        written += count;
        if chance.below(2) == 0 {
            wait_idle(&engine).await;
        }
        if chance.below(3) == 0 {
            engine.stop().await.unwrap();
            drop(engine);
            engine = world.engine().await;
        }
    }
    wait_idle(&engine).await;
    for (name, query) in QUERIES {
        let running = sorted(&engine, &format!("SELECT * FROM {name}")).await;
        assert_eq!(running, sorted(&engine, query).await, "seed {seed}, {partition_count} partitions, {name}");
    }
    close_windows(&engine).await;
    let running = sorted(&engine, &format!("SELECT * FROM {}", FINAL.0)).await;
    assert_eq!(running, sorted(&engine, FINAL.1).await, "seed {seed}, {partition_count} partitions, {}", FINAL.0);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_queries_equal_batch_queries_over_one_partition() {
    for seed in 1..=4 {
        check(seed, 1, World::new()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_queries_equal_batch_queries_over_several_partitions() {
    for seed in 5..=8 {
        check(seed, 3, World::new()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_queries_equal_batch_queries_with_state_on_disk() {
    check(9, 2, World::on_disk()).await;
}
