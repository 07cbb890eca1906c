//! Writes valid inputs for every target into the directory given as the argument: the fuzzer mutates from there.

use headwater_fuzz::wire;
use log_env::{Disk, OpenMode, RealDisk};
use log_model::{CompressionType, ProducerEpoch, ProducerId, Sequence, Timestamp};
use log_record::{BatchBuilder, Header};
use log_wire::testing::{Codec, RECORDS, REQUESTS, RESPONSES};
use log_wire::{ApiKey, RequestHeader, frame};
use std::io;
use std::path::Path;

const SCRIPTS: &[&str] = &[
    "CREATE SOURCE CONNECTOR lines WITH ('connector.class' = 'FileStreamSource', 'file' = '${input}', 'topic' = 'access_log');",
    "CREATE STREAM s (k VARCHAR KEY, v BIGINT, t TIMESTAMP, WATERMARK FOR t AS t - INTERVAL '1' MINUTE) WITH (topic = 's', format = 'json');",
    "CREATE TABLE c AS SELECT k, count(*) AS n, count(DISTINCT v) FROM s WHERE v > 1 GROUP BY k, TUMBLE(t, INTERVAL '1' MINUTE) EMIT ON WINDOW CLOSE;",
    "CREATE SINK CONNECTOR out WITH ('connector.class' = 'JsonFileSink', 'topics' = 'c', 'directory' = '/tmp/out');",
    "SHOW TOPICS; LIST STREAMS; DESCRIBE s; DROP TABLE IF EXISTS c; EXPLAIN SELECT v + 1 FROM s EMIT CHANGES;",
    "INSERT INTO s (k, v) VALUES ('it''s', -1), (NULL, 9223372036854775807); -- a comment\nSELECT * FROM s ORDER BY 1 LIMIT 3;",
    "WITH a AS (SELECT 1 AS x) SELECT CASE WHEN x = 1 THEN \"x\" ELSE U&'\\0041' END FROM a; /* open",
];

fn main() -> io::Result<()> {
    let root = std::env::args().nth(1).ok_or_else(|| io::Error::other("usage: seeds DIRECTORY"))?;
    let root = Path::new(&root);
    let disk = RealDisk::new();
    let write = |target: &str, name: String, bytes: &[u8]| -> io::Result<()> {
        disk.create_dir_all(&root.join(target))?;
        let file = disk.open(&root.join(target).join(name), OpenMode::OpenOrCreate)?;
        file.set_length(0)?;
        file.write_at(bytes, 0)
    };
    let codecs = [CompressionType::None, CompressionType::Gzip, CompressionType::Snappy, CompressionType::Lz4, CompressionType::Zstd];
    for codec in codecs {
        let mut builder = BatchBuilder::new(codec);
        for number in 0..3 {
            let value = format!("value {number} {}", "x".repeat(20 * number));
            let headers = [Some("1"), None].map(|value| Header { key: "h".into(), value: value.map(Into::into) });
            builder.append_parts(Timestamp(number as i64), Some(b"key"), Some(value.as_bytes()), &headers).map_err(io::Error::other)?;
        }
        let batch = builder.build().with_producer(ProducerId(7), ProducerEpoch(1), Sequence(3), true);
        write("record_batch", format!("{codec:?}"), batch.as_bytes())?;
    }
    for entries in 1..4u8 {
        let bytes: Vec<u8> = (0..entries * 24).map(|byte| byte / 4).collect();
        write("index_files", format!("entries-{entries}"), &bytes)?;
    }
    write("index_files", "epochs".to_owned(), b"0\n2\n0 0\n3 17\n")?;
    write("journal", "change".to_owned(), &[1, 0, 16, 0, 2, 0, 0, 0, 1, 0, 0, 0, b'{', b'}'])?;
    for (number, script) in SCRIPTS.iter().enumerate() {
        write("sql_text", format!("script-{number}"), script.as_bytes())?;
    }
    for (target, codecs) in [("wire_requests", REQUESTS), ("wire_responses", RESPONSES), ("wire_records", RECORDS)] {
        for (codec, version, body) in messages(codecs)? {
            write(target, format!("{}-{version}", codec.name), &wire::chosen(codecs, codec, version, &body))?;
        }
    }
    for (codec, version, body) in messages(REQUESTS)? {
        write("wire_frames_headers", format!("{}-{version}", codec.name), &framed(codec, version, &body)?)?;
    }
    Ok(())
}

/// Every message in its first and last version.
fn messages(codecs: &'static [Codec]) -> io::Result<Vec<(&'static Codec, i16, bytes::Bytes)>> {
    let mut all = Vec::new();
    for codec in codecs {
        for version in [codec.versions.first, codec.versions.last] {
            all.push((codec, version, (codec.sample)(1, version).map_err(io::Error::other)?));
        }
    }
    Ok(all)
}

/// A request as a client sends it.
fn framed(codec: &Codec, version: i16, body: &[u8]) -> io::Result<Vec<u8>> {
    let Some(api_key) = codec.code.and_then(ApiKey::of) else { return Err(io::Error::other(codec.name)) };
    let header = RequestHeader { api_key, api_version: version, correlation_id: 1, client_id: Some("fuzz".into()) };
    let chunks = frame::framed(|writer| {
        header.encode(writer);
        writer.slice(body);
    });
    Ok(chunks.map_err(io::Error::other)?.concat())
}
