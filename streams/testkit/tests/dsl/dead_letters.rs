//! Records that do not deserialize.

use crate::support::{driver, read, text};
use streams_dsl::{Consumed, Integer, KStream, Produced, Text};
use streams_testkit::TestTopic;

#[test]
fn a_record_that_does_not_deserialize_goes_to_the_dead_letter_topic_with_the_reason() {
    let mut driver = driver(|builder| {
        let stream: KStream<String, i64> = builder.stream("in", Consumed::default().dead_letter("dead"));
        stream.to("out", Produced::default());
    });
    driver.pipe_input(&TestTopic::new("in", Text, Text), "k".to_string(), "not a number".to_string(), 5).unwrap();
    driver.pipe_input(&TestTopic::new("in", Text, Integer), "k".to_string(), 7i64, 6).unwrap();
    let dead = driver.read_output(&TestTopic::new("dead", Text, Text)).unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].key.as_deref(), dead[0].value.as_deref()), (Some("k"), Some("not a number")));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let headers: Vec<(String, String)> =
        dead[0].headers.iter().map(|(name, value)| (text(name.as_ref()), text(value.as_ref().unwrap().as_ref()))).collect();
    let expected = [
        ("exception", "RecordNotProcessable"),
        ("message", "value does not deserialize: not a 64-bit integer: 12 bytes"),
        ("stacktrace", "RecordNotProcessable\n\tat in-0"),
        ("topic", "in"),
        ("partition", "0"),
        ("offset", "0"),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (format!("__streams.errors.{name}"), value.to_string())));
    assert_eq!(read(&mut driver, &TestTopic::new("out", Text, Integer)), [(Some("k".to_string()), Some(7i64), 6)]);
}

#[test]
fn without_a_dead_letter_topic_it_stops_the_application() {
    let mut driver = driver(|builder| {
        let stream: KStream<String, i64> = builder.stream("in", Consumed::default());
        stream.to("out", Produced::default());
    });
    let (key, value, timestamp_ms) = text("k", "not a number", 5);
    let error = driver.pipe_input(&TestTopic::new("in", Text, Text), key, value, timestamp_ms).unwrap_err();
    assert!(error.to_string().contains("value does not deserialize: not a 64-bit integer: 12 bytes"), "{error}");
}
