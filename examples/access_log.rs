//! The access-log pipeline from Rust: generated lines go in, statistics per minute and status class come out, exactly once.
//!
//! `cargo run -p headwater-examples --example access_log`

#![allow(clippy::disallowed_methods, reason = "an example writes and reads files")]

use anyhow::{Context, Result};
use headwater::connect::access_log::{AccessLog, AccessLogOptions};
use headwater::sql::{StatementResult, Variables};
use headwater::{Headwater, HeadwaterOptions};
use std::io::Write;

const PIPELINE: &str = include_str!("access-log/pipeline.sql");
const LINES: u64 = 10_000;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (input, output) = (folder.path().join("access.log"), folder.path().join("out"));
    let log = AccessLog::new(AccessLogOptions { seed: 7, ..AccessLogOptions::default() });
    let mut file = std::io::BufWriter::new(std::fs::File::create(&input)?);
    for row in 0..LINES {
        writeln!(file, "{}", log.line(row))?;
    }
    file.into_inner()?;

    let headwater = Headwater::open(folder.path().join("data"), HeadwaterOptions::default()).await?;
    let text = |path: &std::path::Path| path.to_str().map(str::to_string).context("a UTF-8 path");
    let variables = Variables::from([("input".into(), text(&input)?), ("output".into(), text(&output)?)]);
    headwater.run_script(PIPELINE, &variables).await?;
    headwater.finish_input().await?;

    for result in
        headwater.run_script("SELECT status_class, sum(requests) FROM traffic GROUP BY status_class ORDER BY 1", &Variables::new()).await?
    {
        let StatementResult::Rows(rows) = result else { continue };
        println!("{}", headwater::sql::arrow::util::pretty::pretty_format_batches(&rows.collect().await?)?);
    }
    let files = std::fs::read_dir(&output)?
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|e| e == "jsonl")));
    println!("{} files of results in {}", files.count(), output.display());
    headwater.close().await?;
    Ok(())
}
