//! Bytes that are no request, or half of one, or one with an accident.

use crate::handlers::tests::client::{Client, Node};
use crate::handlers::tests::wire::{PRODUCE, batch, fetch, produce};
use log_wire::messages::{MetadataRequest, MetadataResponse};
use log_wire::{Encode, Request, frame};

fn framed<R: Request + Encode>(version: i16, request: &R) -> Vec<u8> {
    frame::request(version, 1, Some("test"), request).unwrap().concat()
}

/// Requests of which parts are sent.
fn requests() -> Vec<Vec<u8>> {
    vec![
        framed(12, &MetadataRequest::default()),
        framed(PRODUCE, &produce(&[("t", 0, batch(&["a", "b"]).into_bytes())])),
        framed(12, &fetch(&[("t", 0, 0), ("t", 1, 0)])),
    ]
}

/// Sends bytes, says that nothing more comes, and reads to the end of the connection. Gives the number of answers.
async fn answers(node: &Node, bytes: &[u8]) -> usize {
    let mut stranger = node.connect().await;
    stranger.send_bytes(bytes).await;
    stranger.finish_sending().await;
    let mut count = 0;
    while stranger.receive_frame().await.is_some() {
        count += 1;
    }
    count
}

async fn is_served(node: &Node, client: &mut Client) {
    let answer: MetadataResponse<'_> = client.ask(12, &MetadataRequest::default()).await;
    assert_eq!((answer.brokers.len(), node.listener.connection_count()), (1, 1));
}

#[test]
fn greetings_of_other_protocols_and_garbage_end_their_connection() {
    let node = Node::start(&[]);
    let random = |length: usize| (0..length).map(|_| node.env.random.next_u64() as u8).collect::<Vec<u8>>();
    let mut cases: Vec<Vec<u8>> = [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9.7\r\n",
        b"\x00",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff",
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x07\x00\x03\x00\x0c\x00\x00\x00",
        b"\x00\x00\x00\x08\x00\x03\x00\x0c\x00\x00\x00\x01",
        b"",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    cases.extend((1..200).map(random));
    // Of the right length, so that the header is looked at.
    cases.extend((8..200).map(|length| [&(length as u32).to_be_bytes()[..], &random(length)].concat()));
    node.run(async |client| {
        for bytes in cases {
            assert_eq!(answers(&node, &bytes).await, 0, "{bytes:?}");
        }
        is_served(&node, client).await;
    });
}

#[test]
fn half_a_request_is_never_carried_out() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |client| {
        for request in requests() {
            for end in 0..request.len() {
                assert_eq!(answers(&node, &request[..end]).await, 0, "{end} of {} bytes", request.len());
            }
        }
        assert_eq!(client.stored("t", 0).await, Vec::<String>::new());
        is_served(&node, client).await;
    });
}

#[test]
fn a_whole_request_is_answered_even_if_the_client_then_says_nothing_more() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |client| {
        for request in requests() {
            let twice = [&request[..], &request[..]].concat();
            let with_half = [&request[..], &request[..9]].concat();
            let counts = [answers(&node, &request).await, answers(&node, &twice).await, answers(&node, &with_half).await];
            assert!(counts.iter().zip([1, 2, 1]).all(|(count, most)| *count <= most), "{counts:?}");
        }
        is_served(&node, client).await;
    });
}

#[test]
fn a_request_that_comes_byte_by_byte_is_answered() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |_| {
        for request in requests() {
            let mut slow = node.connect().await;
            for byte in &request {
                slow.send_bytes(&[*byte]).await;
                node.pass(std::time::Duration::from_millis(10)).await;
            }
            assert!(slow.receive_frame().await.is_some());
        }
    });
}

#[test]
fn a_request_with_an_accident_is_answered_or_ends_its_connection() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |client| {
        for request in requests() {
            for at in 0..request.len() {
                for bit in [0x01, 0x10, 0x80, 0xff] {
                    let mut changed = request.clone();
                    changed[at] ^= bit;
                    assert!(answers(&node, &changed).await <= 1);
                }
            }
        }
        is_served(&node, client).await;
    });
}
