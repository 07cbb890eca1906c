//! Incremental fetch sessions (KIP-227): partitions are named once, answers hold only what is new.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::wire::{FETCH, batch, batches, fetch, fetch_by_id, values};
use log_model::KafkaCode::{self, FetchSessionIdNotFound, InvalidFetchSessionEpoch};
use log_wire::messages::fetch_request::ForgottenTopic;
use log_wire::messages::{FetchRequest, FetchResponse};
use std::time::Duration;

/// What a session's answer says: topic, partition, values.
type News = Vec<(String, i32, Vec<String>)>;

fn news(answer: &FetchResponse<'static>) -> News {
    let of_topic = |topic: &log_wire::messages::fetch_response::FetchableTopicResponse<'static>| {
        let name = topic.topic.to_string();
        topic.partitions.iter().map(move |data| (name.clone(), data.partition_index, values(&batches(data)))).collect::<News>()
    };
    answer.responses.iter().flat_map(of_topic).collect()
}

fn item(topic: &str, partition: i32, values: &[&str]) -> (String, i32, Vec<String>) {
    (topic.to_owned(), partition, values.iter().map(|value| (*value).to_owned()).collect())
}

/// One session's next request.
async fn next(client: &mut Client, (session_id, session_epoch): (i32, i32), request: FetchRequest<'static>) -> FetchResponse<'static> {
    client.ask(FETCH, &FetchRequest { session_id, session_epoch, ..request }).await
}

/// A new session.
async fn begin(client: &mut Client, wanted: &[(&str, i32, i64)]) -> FetchResponse<'static> {
    next(client, (0, 0), fetch(wanted)).await
}

fn node_with_topics(entries: &[(&str, &str)]) -> Node {
    let node = Node::start(entries);
    node.create_topics(&[("t", 2), ("u", 1)]);
    node
}

#[test]
fn after_the_first_answer_only_news_is_told() {
    let node = node_with_topics(&[]);
    node.produce("t", &["a"]);
    node.run(async |client| {
        let all = begin(client, &[("t", 0, 0), ("t", 1, 0), ("u", 0, 0)]).await;
        let id = all.session_id;
        assert!(id > 0);
        assert_eq!(news(&all), [item("t", 0, &["a"]), item("t", 1, &[]), item("u", 0, &[])]);
        let silent = next(client, (id, 1), fetch(&[("t", 0, 1)])).await;
        assert_eq!((silent.session_id, news(&silent)), (id, Vec::new()));
        client.append("u", 0, &batch(&["b"])).await;
        assert_eq!(news(&next(client, (id, 2), fetch(&[])).await), [item("u", 0, &["b"])]);
        assert_eq!(news(&next(client, (id, 3), fetch(&[])).await), [item("u", 0, &["b"])], "its position did not move");
        assert_eq!(news(&next(client, (id, 4), fetch(&[("u", 0, 1)])).await), []);
    });
}

#[test]
fn a_session_waits_for_news_of_what_it_remembers() {
    let node = node_with_topics(&[]);
    node.run(async |client| {
        let id = begin(client, &[("t", 0, 0), ("u", 0, 0)]).await.session_id;
        let start = node.env.clock.now();
        let request = FetchRequest { session_id: id, session_epoch: 1, max_wait_ms: 5000, min_bytes: 1, ..fetch(&[]) };
        client.send(FETCH, &request).await;
        node.pass(Duration::from_millis(10)).await;
        node.connect().await.append("u", 0, &batch(&["b"])).await;
        let woken: FetchResponse<'_> = client.receive(FETCH).await;
        assert_eq!(news(&woken), [item("u", 0, &["b"])]);
        assert_eq!(node.env.clock.now().since(start), Duration::from_millis(10));
    });
}

#[test]
fn partitions_are_added_and_forgotten_by_name_and_by_id() {
    let node = node_with_topics(&[]);
    node.run(async |client| {
        let id = begin(client, &[("t", 0, 0)]).await.session_id;
        assert_eq!(news(&next(client, (id, 1), fetch(&[("u", 0, 0)])).await), [item("u", 0, &[])]);
        let forgotten = vec![ForgottenTopic { topic: "t".into(), partitions: vec![0], ..ForgottenTopic::default() }];
        let request = FetchRequest { forgotten_topics_data: forgotten, ..fetch(&[]) };
        assert_eq!(news(&next(client, (id, 2), request).await), []);
        for topic in ["t", "u"] {
            client.append(topic, 0, &batch(&["v"])).await;
        }
        assert_eq!(news(&next(client, (id, 3), fetch(&[])).await), [item("u", 0, &["v"])]);

        let (t, u) = (node.topic_id("t"), node.topic_id("u"));
        let request = FetchRequest { session_epoch: 0, ..fetch_by_id(&[(t, 0, 0), (u, 0, 0)]) };
        let by_id: FetchResponse<'_> = client.ask(18, &request).await;
        assert_eq!(by_id.responses.len(), 2);
        let forgotten = vec![ForgottenTopic { topic_id: t, partitions: vec![0], ..ForgottenTopic::default() }];
        let request = FetchRequest { session_id: by_id.session_id, session_epoch: 1, forgotten_topics_data: forgotten, ..fetch_by_id(&[]) };
        let left: FetchResponse<'_> = client.ask(18, &request).await;
        assert_eq!(left.responses.iter().map(|topic| topic.topic_id).collect::<Vec<_>>(), [u]);
    });
}

#[test]
fn errors_are_told_with_every_answer_and_their_end_is_news() {
    let node = node_with_topics(&[]);
    node.run(async |client| {
        let first = begin(client, &[("t", 0, 7)]).await;
        let id = first.session_id;
        let is_out_of_range =
            |answer: &FetchResponse<'static>| code(answer.responses[0].partitions[0].error_code) == KafkaCode::OffsetOutOfRange;
        assert!(is_out_of_range(&first));
        assert!(is_out_of_range(&next(client, (id, 1), fetch(&[])).await));
        assert_eq!(news(&next(client, (id, 2), fetch(&[("t", 0, 0)])).await), [item("t", 0, &[])]);
        assert_eq!(news(&next(client, (id, 3), fetch(&[])).await), []);
    });
}

#[test]
fn a_request_that_does_not_continue_its_session_is_refused() {
    let node = node_with_topics(&[]);
    node.run(async |client| {
        let id = begin(client, &[("t", 0, 0)]).await.session_id;
        let refused = [
            ((id, 2), InvalidFetchSessionEpoch),
            ((id, 1), KafkaCode::None),
            ((id, 1), InvalidFetchSessionEpoch),
            ((id + 1, 1), FetchSessionIdNotFound),
            ((0, 5), FetchSessionIdNotFound),
            ((id, 2), KafkaCode::None),
        ];
        for (session, expected) in refused {
            let answer = next(client, session, fetch(&[])).await;
            assert_eq!((code(answer.error_code), answer.responses.len()), (expected, 0), "{session:?}");
        }
        // Its end is answered like a fetch without a session.
        let last = next(client, (id, -1), fetch(&[("t", 1, 0)])).await;
        assert_eq!((last.session_id, news(&last)), (0, vec![item("t", 1, &[])]));
        assert_eq!(code(next(client, (id, 3), fetch(&[])).await.error_code), FetchSessionIdNotFound);
    });
    let node = node.restarted();
    node.run(async |client| {
        let id = begin(client, &[("t", 0, 0)]).await.session_id;
        assert_eq!(code(next(client, (id.wrapping_add(1), 1), fetch(&[])).await.error_code), FetchSessionIdNotFound);
    });
}

#[test]
fn a_new_session_takes_the_place_of_one_that_was_silent_for_two_minutes() {
    let node = node_with_topics(&[("max.incremental.fetch.session.cache.slots", "1")]);
    node.run(async |client| {
        let old = begin(client, &[("t", 0, 0)]).await.session_id;
        let mut other = node.connect().await;
        let without = begin(&mut other, &[("t", 0, 0)]).await;
        assert_eq!((without.session_id, without.responses.len()), (0, 1), "served without a session");
        node.pass(Duration::from_secs(119)).await;
        assert_eq!(code(next(client, (old, 1), fetch(&[])).await.error_code), KafkaCode::None);
        node.pass(Duration::from_secs(2)).await;
        assert_eq!(begin(&mut other, &[("t", 0, 0)]).await.session_id, 0, "the old one spoke two seconds ago");
        node.pass(Duration::from_secs(119)).await;
        let new = begin(&mut other, &[("t", 0, 0)]).await.session_id;
        assert!(new > 0 && new != old);
        assert_eq!(code(next(client, (old, 2), fetch(&[])).await.error_code), FetchSessionIdNotFound);
        assert_eq!(code(next(&mut other, (new, 1), fetch(&[])).await.error_code), KafkaCode::None);
    });
}
