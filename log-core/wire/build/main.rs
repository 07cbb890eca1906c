//! Generates the messages from `schema/`: one module a message, the enum of API keys, and the catalogue that tests walk.
//!
//! The grammar of the schema is described in the documentation of the crate. Nothing here knows a single API.
#![allow(clippy::disallowed_methods, reason = "a build script reads its inputs and writes its outputs as files")]

mod emit;
mod parse;
mod schema;

use schema::{Group, SchemaError};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=schema");
    println!("cargo::rerun-if-changed=build");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut apis = Vec::new();
    for path in files(&root.join("schema"), "api")? {
        match read(&path)? {
            Group::Api(api) => apis.push(api),
            _ => return Err(format!("{}: an .api file starts with 'api'", path.display()).into()),
        }
    }
    apis.sort_by_key(|api| api.key);
    if let Some(pair) = apis.windows(2).find(|pair| pair[0].key == pair[1].key) {
        return Err(format!("{} and {} have the same api key", pair[0].name, pair[1].name).into());
    }
    let mut records = Vec::new();
    for path in files(&root.join("schema/records"), "rec")? {
        match read(&path)? {
            Group::Record(messages) => records.extend(messages),
            Group::Api(_) => return Err(format!("{}: a .rec file starts with 'record' or 'data'", path.display()).into()),
        }
    }
    let messages: Vec<_> = apis.iter().flat_map(|api| [&api.request, &api.response]).collect();
    fs::write(out.join("api_key.rs"), emit::api_keys(&apis))?;
    fs::write(out.join("messages.rs"), emit::messages(&messages)?)?;
    fs::write(out.join("records.rs"), emit::messages(&records.iter().collect::<Vec<_>>())?)?;
    fs::write(out.join("catalogue.rs"), emit::catalogue(&apis, &records))?;
    Ok(())
}

fn files(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Group, Box<dyn std::error::Error>> {
    let text = fs::read_to_string(path)?;
    parse::file(&text).map_err(|SchemaError { line, what }| format!("{}:{line}: {what}", path.display()).into())
}
