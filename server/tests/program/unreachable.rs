//! A server that is not there, or is none: said soon, with the address, the reason and the fix.

use crate::process::{assert_says, fail};
use std::io::Write;
use std::net::TcpListener;

/// An address at which nobody listens: its port was free a moment ago.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

#[test]
fn nobody_at_an_address_is_said_with_the_fix_by_every_command() {
    let address = nobody();
    for command in [
        &["topic", "list"][..],
        &["consume", "t"],
        &["produce", "t"],
        &["cluster"],
        &["group", "list"],
        &["acl", "list"],
        &["sql", "-c", "SELECT 1"],
    ] {
        let error = fail(&[command, &["--bootstrap", &address]].concat());
        assert_says(&error, &[&address, "refused", "headwater server"]);
        assert_eq!(error.matches("error:").count(), 1, "{error}");
    }
    assert_says(&fail(&["topic", "list", "--bootstrap", "no-such-host.invalid:1"]), &["no-such-host.invalid:1", "is the address right"]);
}

#[test]
fn somebody_who_is_no_server_is_told_from_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        // Whoever reads it may have gone.
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    assert_says(&fail(&["topic", "list", "--bootstrap", &address]), &[&address, "does not speak Kafka's protocol"]);
    answering.join().expect("it answered");
}
