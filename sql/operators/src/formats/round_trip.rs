//! What a format writes it reads back, for random rows of every type.

use super::{CsvOptions, Format, FormatSpec, RelationKind, TextOptions, WriteOptions, read_rows, write_rows};
use crate::DeltaBatch;
use crate::columns::{Cell, RowBuilder};
use crate::testing::rows_of;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use proptest::prelude::*;
use std::sync::Arc;
use streams_runtime::ConsumedRecord;

fn plain_types() -> Vec<DataType> {
    vec![
        DataType::Boolean,
        DataType::Int8,
        DataType::Int64,
        DataType::UInt64,
        DataType::Float32,
        DataType::Float64,
        DataType::Decimal128(12, 3),
        DataType::Utf8,
        DataType::Utf8View,
        DataType::LargeUtf8,
        DataType::Binary,
        DataType::Date32,
        DataType::Time64(TimeUnit::Microsecond),
        DataType::Timestamp(TimeUnit::Millisecond, None),
        DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
    ]
}

fn value_of(data_type: &DataType) -> BoxedStrategy<Cell<'static>> {
    match data_type {
        DataType::Boolean => any::<bool>().prop_map(Cell::Boolean).boxed(),
        DataType::Int8 => any::<i8>().prop_map(|value| Cell::Int(i64::from(value))).boxed(),
        DataType::UInt64 => any::<u64>().prop_map(Cell::Uint).boxed(),
        DataType::Float32 => any::<f32>().prop_map(|value| Cell::Float(f64::from(value))).boxed(),
        DataType::Float64 => prop_oneof![proptest::num::f64::ANY, Just(f64::INFINITY)].prop_map(Cell::Float).boxed(),
        DataType::Decimal128(_, _) => (-999_999_999_999i128..=999_999_999_999).prop_map(Cell::Decimal).boxed(),
        DataType::Binary => proptest::collection::vec(any::<u8>(), 0..6).prop_map(|bytes| Cell::Binary(bytes.into())).boxed(),
        DataType::Date32 => (-100_000i64..1_000_000).prop_map(Cell::Int).boxed(),
        DataType::Time64(_) => (0i64..86_400_000_000).prop_map(Cell::Int).boxed(),
        DataType::Timestamp(TimeUnit::Millisecond, _) => (-60_000_000_000_000i64..250_000_000_000_000).prop_map(Cell::Int).boxed(),
        DataType::Int64 | DataType::Timestamp(_, _) => any::<i64>().prop_map(Cell::Int).boxed(),
        _ => prop_oneof![any::<String>(), "[,\"\n\r\\\\ ;x]{0,5}"].prop_map(|text| Cell::Text(text.into())).boxed(),
    }
}

fn rows_with(types: Vec<DataType>) -> impl Strategy<Value = DeltaBatch> {
    let fields: Vec<_> = types.iter().enumerate().map(|(at, data_type)| Field::new(format!("c{at}"), data_type.clone(), true)).collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let row: Vec<_> = types.iter().map(|data_type| prop_oneof![1 => Just(Cell::Null), 4 => value_of(data_type)]).collect();
    proptest::collection::vec(row, 1..4).prop_map(move |rows| {
        let mut builder = RowBuilder::new(SchemaRef::clone(&schema)).unwrap();
        rows.iter().for_each(|row| builder.append(row).unwrap());
        DeltaBatch::new(builder.finish().unwrap(), vec![0; rows.len()])
    })
}

fn read_back(format: Format, batch: &DeltaBatch) -> DeltaBatch {
    read_back_as(&FormatSpec::new(format), batch)
}

fn read_back_as(spec: &FormatSpec, batch: &DeltaBatch) -> DeltaBatch {
    let written = write_rows(spec, &batch.rows, 0.into(), &WriteOptions::append()).unwrap();
    let consumed = |record: super::WrittenRecord| ConsumedRecord {
        offset: 0.into(),
        timestamp: record.timestamp,
        key: record.key,
        value: record.value,
        headers: Vec::new(),
    };
    let records: Vec<_> = written.into_iter().map(consumed).collect();
    let read = read_rows(spec, &batch.rows.schema(), None, &RelationKind::Stream, &records).unwrap();
    assert_eq!(read.problems, []);
    DeltaBatch::new(read.rows, vec![0; batch.count()])
}

fn nested() -> impl Strategy<Value = DeltaBatch> {
    let member = Field::new("é \"m\"", DataType::Utf8, true);
    let item = DataType::Struct(vec![member, Field::new("n", DataType::Int64, true)].into());
    let data_type = DataType::List(Arc::new(Field::new_list_field(item, true)));
    let cell = (any::<Option<String>>(), any::<Option<i64>>()).prop_map(|(text, number)| {
        let text = text.map_or(Cell::Null, |text| Cell::Text(text.into()));
        Cell::Struct(vec![text, number.map_or(Cell::Null, Cell::Int)])
    });
    let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("list", data_type, true)]));
    proptest::collection::vec(cell, 0..3).prop_map(move |items| {
        let mut builder = RowBuilder::new(SchemaRef::clone(&schema)).unwrap();
        builder.append(&[Cell::List(items)]).unwrap();
        builder.append(&[Cell::Null]).unwrap();
        DeltaBatch::new(builder.finish().unwrap(), vec![0; 2])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn json_round_trips(batch in rows_with(plain_types())) {
        let back = read_back(Format::Json, &batch);
        prop_assert_eq!(back.rows.schema(), batch.rows.schema());
        prop_assert_eq!(rows_of(&back), rows_of(&batch));
    }

    #[test]
    fn nested_json_round_trips(batch in nested()) {
        prop_assert_eq!(read_back(Format::Json, &batch).rows, batch.rows);
    }

    #[test]
    fn csv_round_trips(batch in rows_with(plain_types()), null_text in prop_oneof![Just(""), Just("NA")]) {
        let options = CsvOptions { delimiter: ';', null_text: null_text.to_string(), ..CsvOptions::default() };
        let back = read_back(Format::Csv(options), &batch);
        prop_assert_eq!(rows_of(&back), rows_of(&batch));
    }

    #[test]
    fn timestamps_round_trip_in_a_format_of_their_own(
        batch in rows_with(vec![DataType::Int64, DataType::Timestamp(TimeUnit::Millisecond, None)]),
        pattern in prop_oneof![
            Just("%Y-%m-%d %H:%M:%S%.3f"), Just("%d/%b/%Y:%H:%M:%S%.3f %z"), Just("%S%.3f,%M,%H \"%d\" %m %Y"), Just("%+"),
        ],
        csv in any::<bool>(),
    ) {
        let format = if csv { Format::Csv(CsvOptions::default()) } else { Format::Json };
        let spec = FormatSpec { format, timestamp_format: Some(pattern.to_string()) };
        prop_assert_eq!(rows_of(&read_back_as(&spec, &batch)), rows_of(&batch));
    }

    #[test]
    fn text_round_trips_with_its_nulls(batch in rows_with(vec![DataType::Utf8])) {
        let null_text = Some("\u{0}none".to_string());
        let back = read_back(Format::Text(TextOptions { null_text }), &batch);
        prop_assert_eq!(back.rows, batch.rows);
    }

    #[test]
    fn any_bytes_are_read_without_panic(value in proptest::collection::vec(any::<u8>(), 0..40), csv in any::<bool>()) {
        let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8, true)]));
        let format = if csv { Format::Csv(CsvOptions::default()) } else { Format::Json };
        let record = ConsumedRecord { offset: 0.into(), timestamp: 0.into(), key: None, value: Some(value.into()), headers: Vec::new() };
        let read = read_rows(&FormatSpec::new(format), &schema, None, &RelationKind::Stream, &[record]).unwrap();
        prop_assert_eq!(read.rows.num_rows() + read.problems.len(), 1);
    }
}
