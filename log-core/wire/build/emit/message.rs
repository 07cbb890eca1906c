//! The module of a message: its structs and what it is (name, versions, API key or record type).

use super::{names, structs};
use crate::schema::{Message, Role};
use std::fmt::Write;

pub(crate) fn messages(all: &[&Message]) -> Result<String, String> {
    let mut code = String::new();
    for message in all {
        let name = message.name();
        let module = names::snake(name);
        let _ = writeln!(code, "pub mod {module} {{\n//! {}.\n", described(message));
        code += "use crate::field::*;\n";
        for index in 0..message.structs.len() {
            structs::emit(&mut code, message, index)?;
        }
        identity(&mut code, message, all);
        let _ = writeln!(code, "}}\npub use {module}::{name};");
    }
    Ok(code)
}

fn described(message: &Message) -> String {
    let what = match (message.role, message.code) {
        (Role::Request, Some(key)) => format!("request of API {key}"),
        (Role::Response, Some(key)) => format!("response of API {key}"),
        (Role::Key, Some(code)) => format!("key of records of type {code}"),
        (Role::Value, Some(code)) => format!("value of records of type {code}"),
        _ => "data inside other messages".to_owned(),
    };
    let versions = format!("versions {} to {}", message.versions.first, message.versions.last);
    match message.flexible_from {
        Some(from) => format!("{}: {what}, {versions}, flexible from {from}", message.name()),
        None => format!("{}: {what}, {versions}, never flexible", message.name()),
    }
}

/// `Message` and the trait of its role.
fn identity(code: &mut String, message: &Message, all: &[&Message]) {
    let name = message.name();
    let any = structs::with_lifetime(message, &message.structs[0], "'_");
    let flexible = match message.flexible_from {
        Some(from) => format!("Some({from})"),
        None => "None".to_owned(),
    };
    let (first, last) = (message.versions.first, message.versions.last);
    let _ = writeln!(
        code,
        "impl Message for {any} {{\nconst NAME: &'static str = \"{name}\";\nconst VERSIONS: VersionRange = VersionRange::new({first}, {last});\nconst FLEXIBLE_FROM: Option<i16> = {flexible};\n}}"
    );
    match (message.role, message.code) {
        (Role::Request, Some(_)) => {
            let api = name.trim_end_matches("Request");
            let _ = writeln!(code, "impl Request for {any} {{\nconst API_KEY: ApiKey = ApiKey::{api};");
            if let Some(response) = all.iter().find(|it| it.role == Role::Response && it.code == message.code) {
                let answer = structs::with_lifetime(response, &response.structs[0], "'r");
                let _ = writeln!(code, "type Response<'r> = super::{}::{answer};", names::snake(response.name()));
            }
            code.push_str("}\n");
        }
        (Role::Response, Some(_)) => {
            let api = name.trim_end_matches("Response");
            let _ = writeln!(code, "impl Response for {any} {{\nconst API_KEY: ApiKey = ApiKey::{api};\n}}");
        }
        (Role::Key, Some(code_number)) => {
            let _ = writeln!(code, "impl RecordKey for {any} {{\nconst RECORD_TYPE: i16 = {code_number};\n}}");
        }
        _ => {}
    }
}
