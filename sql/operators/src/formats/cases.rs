//! What the formats read, refuse and write, case by case.

use super::{CsvOptions, Format, FormatSpec, RelationKind, TextOptions, WriteOptions, encoder, read_rows, write_rows};
use crate::DeltaBatch;
use crate::testing::{rows_of, text_batch};
use arrow::array::{Float64Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;
use streams_runtime::ConsumedRecord;

fn record(key: Option<&str>, value: Option<&[u8]>) -> ConsumedRecord {
    let bytes = |bytes: &[u8]| bytes.to_vec().into();
    ConsumedRecord {
        offset: 7.into(),
        timestamp: 0.into(),
        key: key.map(|key| bytes(key.as_bytes())),
        value: value.map(bytes),
        headers: Vec::new(),
    }
}

fn schema(columns: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect::<Vec<_>>()))
}

/// The row a value becomes, or why it becomes none.
fn read(format: Format, columns: &SchemaRef, value: &[u8]) -> Result<String, String> {
    let read = read_rows(&FormatSpec::new(format), columns, None, &RelationKind::Stream, &[record(None, Some(value))]).unwrap();
    match read.problems.into_iter().next() {
        Some((_, problem)) => Err(problem),
        None => Ok(rows_of(&DeltaBatch::new(read.rows.clone(), vec![0; read.rows.num_rows()])).join(" ")),
    }
}

#[test]
fn json_values_are_read_by_the_columns_types() {
    let item = DataType::Struct(vec![Field::new("p", DataType::Int64, true)].into());
    let columns = schema(&[
        ("a", DataType::Int64),
        ("s", DataType::Utf8),
        ("ts", DataType::Timestamp(TimeUnit::Millisecond, None)),
        ("d", DataType::Decimal128(6, 2)),
        ("ok", DataType::Boolean),
        ("l", DataType::List(Arc::new(Field::new_list_field(item, true)))),
    ]);
    for (text, expected) in [
        (r#"{"a": 7, "s": "x", "ts": "2015-05-17T10:05:00Z"}"#, Ok("+7,x,2015-05-17T10:05:00Z,,,")),
        (r#" {"s":null,"more":[1,{"b":2}],"a":-1e2} "#, Ok("+-100,,,,,")),
        (r#"{"A": 1, "a": 2}"#, Ok("+2,,,,,")),
        (r#"{"a": 1, "A": 2}"#, Ok("+1,,,,,")),
        (r#"{"A": 3}"#, Ok("+3,,,,,")),
        (r#"{"a": 1, "a": 2}"#, Ok("+2,,,,,")),
        (r#"{"s": {"b": [1, 2]}}"#, Ok(r#"+,{"b": [1, 2]},,,,"#)),
        (r#"{"s": 12.50, "ts": 1500}"#, Ok("+,12.50,1970-01-01T00:00:01.500Z,,,")),
        (r#"{"s": "a\"\u00e9\ud83d\ude00\n"}"#, Ok("+,a\"é😀\n,,,,")),
        (r#"{"d": 1.005, "ok": true}"#, Ok("+,,,1.01,true,")),
        (r#"{"d": "12.3"}"#, Ok("+,,,12.30,,")),
        (r#"{}"#, Ok("+,,,,,")),
        (r#"{"a": "seven"}"#, Err(r#"field "a" is string "seven", expected BIGINT"#)),
        (r#"{"a": 1.5}"#, Err(r#"field "a" is number 1.5, expected BIGINT"#)),
        (r#"{"a": 9223372036854775808}"#, Err(r#"field "a" is number 9223372036854775808, expected BIGINT"#)),
        (r#"{"ts": "yesterday"}"#, Err(r#"field "ts" is string "yesterday", expected TIMESTAMP"#)),
        (r#"{"d": 12345.6}"#, Err(r#"field "d" is number 12345.6, expected DECIMAL(6,2)"#)),
        (r#"{"ok": 1}"#, Err(r#"field "ok" is number 1, expected BOOLEAN"#)),
        (r#"{"l": [{"p": "x"}]}"#, Err(r#"field "l" is array [{"p": "x"}], expected ARRAY"#)),
        (r#"[1]"#, Err("not a JSON object: expected an object at byte 0, found '['")),
        (r#"{"a": 1} x"#, Err("not a JSON object: expected the end at byte 9, found 'x'")),
        (r#"{"a": 1"#, Err("not a JSON object: expected ',' or '}' at byte 7, found the end")),
        ("", Err("not a JSON object: expected an object at byte 0, found the end")),
    ] {
        assert_eq!(read(Format::Json, &columns, text.as_bytes()), expected.map(str::to_string).map_err(str::to_string), "{text}");
    }
    assert_eq!(read(Format::Json, &columns, b"{\"s\": \"\xff\"}").unwrap_err(), "invalid UTF-8 at byte 7");
}

#[test]
fn csv_lines_are_read_by_place() {
    let columns = schema(&[("a", DataType::Int64), ("s", DataType::Utf8), ("b", DataType::Boolean)]);
    for (line, expected) in [
        ("7,x,true", Ok("+7,x,true")),
        ("7,x,true\r\n", Ok("+7,x,true")),
        (",,", Ok("+,,")),
        (r#"1,"",f"#, Ok("+1,,false")),
        ("1,\"a \"\"b\"\", c\nd\",t", Ok("+1,a \"b\", c\nd,true")),
        ("a,s,b", Ok("")),
        ("x,y,true", Err(r#"column "a" is "x", which is no BIGINT"#)),
        ("1,2", Err(r#"the line has 2 values, 3 columns are declared: "1,2""#)),
        ("1,2,true,4", Err(r#"the line has 4 values, 3 columns are declared: "1,2,true,4""#)),
        ("1,\"open,true", Err(r#"a quote is not closed: "\"open,true""#)),
        ("1,\"a\"b,true", Err(r#"something follows the closing quote: "b,true""#)),
    ] {
        let format = Format::Csv(CsvOptions { header: true, ..CsvOptions::default() });
        assert_eq!(read(format, &columns, line.as_bytes()), expected.map(str::to_string).map_err(str::to_string), "{line}");
    }
}

#[test]
fn text_is_one_column() {
    let columns = schema(&[("line", DataType::Utf8View)]);
    assert_eq!(read(Format::Text(TextOptions::default()), &columns, "é, \"x\"".as_bytes()), Ok("+é, \"x\"".to_string()));
    assert_eq!(read(Format::Text(TextOptions::default()), &columns, b"ab\xff"), Err("invalid UTF-8 at byte 2".to_string()));
    let dash = Format::Text(TextOptions { null_text: Some("-".to_string()) });
    assert_eq!(read(dash.clone(), &columns, b"-"), Ok("+".to_string()));
    assert_eq!(read(dash, &columns, b"--"), Ok("+--".to_string()));
    let two = schema(&[("a", DataType::Utf8), ("b", DataType::Utf8)]);
    let error = read_rows(&FormatSpec::new(Format::Text(TextOptions::default())), &two, None, &RelationKind::Stream, &[]).unwrap_err();
    assert_eq!(error.to_string(), "format text takes one VARCHAR column, 2 are declared");
}

const ACCESS_LOG: &str = r#"(?<client>\S+) \S+ \S+ \[(?<time>[^\]]+)\] "(?<method>\S+) (?<path>\S+) [^"]*" (?<status>\d{3}) (?<bytes>\d+|-) "[^"]*" "(?<agent>[^"]*)""#;

fn access_log() -> (FormatSpec, SchemaRef) {
    let format = Format::Regex { pattern: ACCESS_LOG.to_string(), null_text: Some("-".to_string()) };
    let columns = schema(&[
        ("status", DataType::Int32),
        ("bytes", DataType::Int64),
        ("time", DataType::Timestamp(TimeUnit::Millisecond, None)),
        ("client", DataType::Utf8),
    ]);
    (FormatSpec { format, timestamp_format: Some("%d/%b/%Y:%H:%M:%S %z".to_string()) }, columns)
}

#[test]
fn lines_match_whole_and_groups_become_columns() {
    let (spec, columns) = access_log();
    let line = r#"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 304 - "-" "agent""#;
    let cut = &line[..line.len() - 1];
    let records: Vec<_> = [line, cut].iter().map(|line| record(None, Some(line.as_bytes()))).collect();
    let read = read_rows(&spec, &columns, None, &RelationKind::Stream, &records).unwrap();
    assert_eq!(rows_of(&DeltaBatch::new(read.rows, vec![0])), ["+304,,2015-05-17T10:05:03Z,1.2.3.4"]);
    assert_eq!(read.problems[0].0, 1);
    assert!(read.problems[0].1.starts_with("the line does not match the pattern: \"1.2.3.4 - - [17/May"), "{}", read.problems[0].1);
    for (pattern, expected) in [("(?<status>a)", "column \"bytes\" has no group (?<bytes>…)"), ("(", "pattern is no regular expression")]
    {
        let spec = FormatSpec::new(Format::Regex { pattern: pattern.to_string(), null_text: None });
        let error = read_rows(&spec, &columns, None, &RelationKind::Stream, &[]).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_real_access_log_reads_but_for_its_one_broken_line() {
    let path = log_testkit::workspace().join("../shared/data/apache_logs");
    #[allow(clippy::disallowed_methods, reason = "a test on a real file outside the repository")]
    let Ok(text) = std::fs::read_to_string(&path) else {
        log_testkit::say_skipped(&format!("{} is not there", path.display()));
        return;
    };
    let (spec, columns) = access_log();
    let records: Vec<_> = text.lines().map(|line| record(None, Some(line.as_bytes()))).collect();
    let read = read_rows(&spec, &columns, None, &RelationKind::Stream, &records).unwrap();
    assert_eq!((read.rows.num_rows(), read.problems.len(), records.len()), (9_999, 1, 10_000));
    let bytes = read.rows.column(1);
    assert_eq!(bytes.null_count(), 669);
    let sum = arrow::compute::sum(bytes.as_any().downcast_ref::<Int64Array>().unwrap());
    assert_eq!(sum, Some(2_747_282_505));
}

#[test]
fn tables_take_keys_from_records_and_null_values_as_deletions() {
    let columns = schema(&[("k", DataType::Int64), ("v", DataType::Utf8)]);
    let records = [
        record(Some(r#"{"k":1}"#), Some(br#"{"v":"a"}"#)),
        record(None, Some(br#"{"k":2,"v":"b"}"#)),
        record(Some(r#"{"k":1}"#), None),
        record(None, Some(br#"{"v":"c"}"#)),
        record(Some("k"), None),
        record(Some(r#"{"k":null}"#), Some(br#"{"v":"d"}"#)),
    ];
    let kind = RelationKind::Table { key: vec![0] };
    let read = read_rows(&FormatSpec::new(Format::Json), &columns, None, &kind, &records).unwrap();
    let batch = DeltaBatch::new(read.rows, vec![0; read.weights.len()]).with_weights(read.weights);
    assert_eq!(rows_of(&batch), ["+1,a", "+2,b", "-1,", "+,d"]);
    assert_eq!(read.problems[0], (3, "the record has no key and a table needs one".to_string()));
    assert_eq!(read.problems[1].1, "key: not a JSON object: expected an object at byte 0, found 'k'");
}

#[test]
fn streams_leave_out_null_values_and_refuse_nulls_in_columns_that_may_not_be() {
    let columns: SchemaRef = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, false)]));
    let records = [record(None, None), record(None, Some(b"{}")), record(None, Some(br#"{"a":1}"#))];
    let read = read_rows(&FormatSpec::new(Format::Json), &columns, None, &RelationKind::Stream, &records).unwrap();
    assert_eq!((read.rows.num_rows(), read.skipped, read.records), (1, 1, vec![2]));
    assert_eq!(read.problems, [(1, "column \"a\" may not be null and the record has no BIGINT for it".to_string())]);
}

#[test]
fn a_query_reads_only_the_columns_it_uses() {
    let columns = schema(&[("a", DataType::Int64), ("b", DataType::Int64), ("c", DataType::Utf8)]);
    for (format, value) in [(Format::Json, r#"{"a":1,"b":"bad","c":"x"}"#), (Format::Csv(CsvOptions::default()), "1,bad,x")] {
        let read =
            read_rows(&FormatSpec::new(format), &columns, Some(&[2, 0]), &RelationKind::Stream, &[record(None, Some(value.as_bytes()))]);
        assert_eq!(rows_of(&DeltaBatch::new(read.unwrap().rows, vec![0])), ["+x,1"]);
    }
}

#[test]
fn json_is_written_with_nothing_lost() {
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("ts", Arc::new(TimestampMillisecondArray::from(vec![Some(1_431_857_100_000), None])) as _, true),
        ("text", Arc::new(StringArray::from(vec!["a\"\\\n\u{1}é", ""])) as _, true),
        ("x", Arc::new(Float64Array::from(vec![f64::NAN, 0.1])) as _, true),
    ])
    .unwrap();
    let records =
        write_rows(&FormatSpec::new(Format::Json), &rows, 5.into(), &WriteOptions { timestamp: Some(0), ..WriteOptions::append() })
            .unwrap();
    let texts: Vec<_> = records.iter().map(|record| std::str::from_utf8(record.value.as_ref().unwrap()).unwrap()).collect();
    assert_eq!(texts[0], r#"{"ts":"2015-05-17T10:05:00Z","text":"a\"\\\n\u0001é","x":"NaN"}"#);
    assert_eq!(texts[1], r#"{"ts":null,"text":"","x":0.1}"#);
    assert_eq!((records[0].timestamp.0, records[1].timestamp.0), (1_431_857_100_000, 5));
}

/// The records a table's sink makes of changes.
fn upserts(batch: &DeltaBatch) -> Vec<String> {
    let mut records = Vec::new();
    let options = WriteOptions::upsert(vec![0]);
    super::write::write_changes(&FormatSpec::new(Format::Json), batch, &options, &mut |_, key, value| {
        let text = |bytes: Option<&[u8]>| bytes.map_or("none".to_string(), |bytes| String::from_utf8(bytes.to_vec()).unwrap());
        records.push(format!("{} {}", text(key), text(value)));
        Ok(())
    })
    .unwrap();
    records
}

#[test]
fn a_tables_sink_nets_changes_by_key() {
    let changes = text_batch(&[
        ("a", Some("1")),
        ("a", Some("2")),
        ("b", Some("1")),
        ("c", Some("1")),
        ("c", Some("1")),
        ("d", Some("2")),
        ("d", Some("1")),
    ])
    .with_weights(vec![-1, 1, -1, 1, -1, 1, -1]);
    assert_eq!(
        upserts(&changes),
        [r#"{"key":"a"} {"key":"a","value":"2"}"#, r#"{"key":"b"} none"#, r#"{"key":"d"} {"key":"d","value":"2"}"#]
    );
}

#[test]
fn an_append_sink_refuses_what_is_taken_back() {
    let batch = text_batch(&[("a", None)]).with_weights(vec![-1]);
    let result = super::write::write_changes(&FormatSpec::new(Format::Json), &batch, &WriteOptions::append(), &mut |_, _, _| Ok(()));
    assert_eq!(result.unwrap_err().to_string(), "a row was taken back from a sink in append mode, which can only take additions");
    let regex = FormatSpec::new(Format::Regex { pattern: "a".to_string(), null_text: None });
    let error = encoder(&regex, &batch.rows.schema(), &WriteOptions::append()).err().unwrap();
    assert_eq!(error.to_string(), "format regex can only be read; write in format json, csv or text");
}

#[test]
fn a_row_before_1970_has_a_record_that_a_log_takes() {
    let times: Vec<i64> = vec![-1, -3_600_000, 5];
    let column: arrow::array::ArrayRef = Arc::new(TimestampMillisecondArray::from(times.clone()));
    let rows = RecordBatch::try_from_iter([("ts", column)]).unwrap();
    for (options, given) in
        [(WriteOptions { timestamp: Some(0), ..WriteOptions::append() }, vec![7; 3]), (WriteOptions::append(), times.clone())]
    {
        let mut written = Vec::new();
        super::write::write_changes(
            &FormatSpec::new(Format::Json),
            &DeltaBatch::new(rows.clone(), given),
            &options,
            &mut |time, _, value| {
                written.push((time.0, String::from_utf8_lossy(value.unwrap()).into_owned()));
                Ok(())
            },
        )
        .unwrap();
        let of = |time: i64, text: &str| (time, format!(r#"{{"ts":"{text}"}}"#));
        assert_eq!(written, [of(0, "1969-12-31T23:59:59.999Z"), of(0, "1969-12-31T23:00:00Z"), of(5, "1970-01-01T00:00:00.005Z")]);
    }
}
