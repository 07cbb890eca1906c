//! The list of all messages that tests and fuzz targets walk.

use super::names;
use crate::schema::{Api, Message};
use std::fmt::Write;

pub(crate) fn catalogue(apis: &[Api], records: &[Message]) -> String {
    let mut code = String::new();
    let mut list = |name: &str, family: &str, messages: &[&Message]| {
        let _ = writeln!(code, "/// Codecs of all {family}.\npub static {name}: &[Codec] = codecs! [");
        for message in messages {
            let key = message.code.map_or_else(|| "None".to_owned(), |code| format!("Some({code})"));
            let module = if family == "records" { "records" } else { "messages" };
            let _ = writeln!(code, "({key}, crate::{module}::{}::{})", names::snake(message.name()), message.name());
        }
        code += "];\n";
    };
    list("REQUESTS", "requests", &apis.iter().map(|api| &api.request).collect::<Vec<_>>());
    list("RESPONSES", "responses", &apis.iter().map(|api| &api.response).collect::<Vec<_>>());
    list("RECORDS", "records", &records.iter().collect::<Vec<_>>());
    code
}
