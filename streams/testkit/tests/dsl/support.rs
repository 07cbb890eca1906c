//! Short words for the cases: rows as (key, value, timestamp), and a driver with one input `in` and one output `out`.

use streams_dsl::{Serde, StreamsBuilder};
use streams_testkit::{TestTopic, TopologyTestDriver};

/// A row in or out: key, value, timestamp.
pub(crate) type Case<K, V> = (Option<K>, Option<V>, i64);

/// A row whose key and value are text.
pub(crate) fn text(key: &str, value: &str, timestamp_ms: i64) -> Case<String, String> {
    let some = |text: &str| if text == "-" { None } else { Some(text.to_string()) };
    (some(key), some(value), timestamp_ms)
}

/// A row whose value is a number.
pub(crate) fn number(key: &str, value: i64, timestamp_ms: i64) -> Case<String, i64> {
    (Some(key.to_string()), Some(value), timestamp_ms)
}

/// Builds a program and drives it.
pub(crate) fn driver(program: impl FnOnce(&StreamsBuilder)) -> TopologyTestDriver {
    let builder = StreamsBuilder::new();
    program(&builder);
    TopologyTestDriver::new(builder.build().unwrap()).unwrap()
}

/// Pipes rows into topic `in` one by one and returns what each of them brings to topic `out`.
pub(crate) fn run<K: 'static, V: 'static, K2: 'static, V2: 'static>(
    driver: &mut TopologyTestDriver,
    (key_in, value_in): (impl Serde<K>, impl Serde<V>),
    rows: impl IntoIterator<Item = Case<K, V>>,
    (key_out, value_out): (impl Serde<K2>, impl Serde<V2>),
) -> Vec<Vec<Case<K2, V2>>> {
    let input = TestTopic::new("in", key_in, value_in);
    let output = TestTopic::new("out", key_out, value_out);
    let mut outputs = Vec::new();
    for (key, value, timestamp_ms) in rows {
        driver.pipe_input(&input, key, value, timestamp_ms).unwrap();
        outputs.push(read(driver, &output));
    }
    outputs
}

/// What has come out at a topic since it was last read.
pub(crate) fn read<K: 'static, V: 'static>(driver: &mut TopologyTestDriver, topic: &TestTopic<K, V>) -> Vec<Case<K, V>> {
    driver.read_output(topic).unwrap().into_iter().map(|record| (record.key, record.value, record.timestamp_ms)).collect()
}
