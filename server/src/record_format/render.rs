//! Records in the form of a template.

use super::number::NumberForm;
use super::template::{Number, Piece, Template, Text, TextForm, TimeForm};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use headwater::log::{OffsetRecord, RecordBatch, Timestamp, TopicPartition};

/// A record and where it is from.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) partition: &'a TopicPartition,
    pub(crate) batch: &'a RecordBatch,
    pub(crate) record: &'a OffsetRecord,
}

/// Writes records as a template says.
#[derive(Clone, Debug)]
pub(crate) struct Renderer {
    template: Template,
    /// What stands for a null.
    null: Vec<u8>,
    count: i64,
}

impl Renderer {
    /// A renderer that writes `null` for what is null.
    pub(crate) fn new(template: Template, null: &str) -> Renderer {
        Renderer { template, null: null.as_bytes().to_vec(), count: 0 }
    }

    /// Appends a record to `out`.
    pub(crate) fn write(&mut self, shown: Shown<'_>, out: &mut Vec<u8>) {
        self.count += 1;
        for piece in &self.template.pieces {
            self.piece(piece, shown, out);
        }
    }

    fn piece(&self, piece: &Piece, shown: Shown<'_>, out: &mut Vec<u8>) {
        let record = &shown.record.record;
        match piece {
            Piece::Literal(bytes) => out.extend_from_slice(bytes),
            Piece::Text(text, form) => {
                let bytes = match text {
                    Text::Topic => Some(shown.partition.topic.as_str().as_bytes()),
                    Text::Key => record.key.as_deref(),
                    Text::Value => record.value.as_deref(),
                };
                self.text(bytes, *form, out);
            }
            Piece::Number(number, form) => form.write(self.number(*number, shown), out),
            Piece::Time(form) => time(record.timestamp, form, out),
            Piece::Headers => {
                for (index, header) in record.headers.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(&header.key);
                    out.push(b'=');
                    // kcat's word for it: an empty value must not look the same.
                    out.extend_from_slice(header.value.as_deref().unwrap_or(b"NULL"));
                }
            }
            Piece::EachHeader(pieces) => {
                record.headers.iter().for_each(|header| pieces.iter().for_each(|piece| self.header_piece(piece, header, out)));
            }
        }
    }

    fn header_piece(&self, piece: &Piece, header: &headwater::log::Header, out: &mut Vec<u8>) {
        match piece {
            Piece::Literal(bytes) => out.extend_from_slice(bytes),
            Piece::Text(Text::Value, form) => self.text(header.value.as_deref(), *form, out),
            Piece::Text(_, form) => self.text(Some(&header.key), *form, out),
            Piece::Number(Number::ValueLength, form) => form.write(length(header.value.as_deref()), out),
            Piece::Number(_, form) => form.write(header.key.len() as i64, out),
            // The parser lets nothing else into a header.
            Piece::Time(_) | Piece::Headers | Piece::EachHeader(_) => {}
        }
    }

    fn text(&self, bytes: Option<&[u8]>, form: TextForm, out: &mut Vec<u8>) {
        match (bytes, form) {
            (None, _) => out.extend_from_slice(&self.null),
            (Some(bytes), TextForm::Raw) => out.extend_from_slice(bytes),
            (Some(bytes), TextForm::Hex) => bytes.iter().for_each(|byte| NumberForm::Hex(2).write(i64::from(*byte), out)),
            (Some(bytes), TextForm::Base64) => out.extend_from_slice(STANDARD.encode(bytes).as_bytes()),
        }
    }

    fn number(&self, number: Number, shown: Shown<'_>) -> i64 {
        let record = &shown.record.record;
        match number {
            Number::Partition => shown.partition.partition.into(),
            Number::Offset => shown.record.offset.0,
            Number::KeyLength => length(record.key.as_deref()),
            Number::ValueLength => length(record.value.as_deref()),
            Number::HeaderCount => record.headers.len() as i64,
            Number::LeaderEpoch => shown.batch.leader_epoch().0.into(),
            Number::ProducerId => shown.batch.producer_id().0,
            Number::ProducerEpoch => shown.batch.producer_epoch().0.into(),
            Number::Count => self.count,
        }
    }
}

/// -1 for null, as on the wire.
fn length(bytes: Option<&[u8]>) -> i64 {
    bytes.map_or(-1, |bytes| bytes.len() as i64)
}

fn time(timestamp: Timestamp, form: &TimeForm, out: &mut Vec<u8>) {
    let date = DateTime::from_timestamp_millis(timestamp.0);
    match (form, date) {
        (TimeForm::Number(form), _) => form.write(timestamp.0, out),
        (TimeForm::Seconds, _) => NumberForm::Ascii.write(timestamp.0.div_euclid(1000), out),
        (TimeForm::Rfc3339, Some(date)) => out.extend_from_slice(date.to_rfc3339_opts(SecondsFormat::Millis, true).as_bytes()),
        (TimeForm::Strftime(pattern), Some(date)) => out.extend_from_slice(date.format(pattern).to_string().as_bytes()),
        // No calendar has it.
        (TimeForm::Rfc3339 | TimeForm::Strftime(_), None) => NumberForm::Ascii.write(timestamp.0, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headwater::log::{BatchBuilder, CompressionType, Header, TopicName};

    fn rendered(format: &str) -> String {
        let partition = TopicName::new("t").expect("a name").partition(3);
        let headers = [Header { key: "a".into(), value: Some("1".into()) }, Header { key: "b".into(), value: None }];
        let mut builder = BatchBuilder::new(CompressionType::None);
        builder.append_parts(Timestamp(1_644_800_523_045), Some(b"key"), None, &headers).expect("appended");
        builder.append_parts(Timestamp(-1), None, Some(b"\x01value"), &[]).expect("appended");
        let batch = builder.build();
        let mut renderer = Renderer::new(Template::parse(format).expect(format), "-");
        let mut out = Vec::new();
        for record in batch.records().expect("records") {
            let record = record.expect("a record");
            renderer.write(Shown { partition: &partition, batch: &batch, record: &record }, &mut out);
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn every_piece_is_rendered() {
        let cases = [
            ("%t %p %o %k %v\n", "t 3 0 key -\nt 3 1 - \u{1}value\n"),
            ("%K,%V,%S,%H,%i;", "3,-1,-1,2,1;-1,6,6,0,2;"),
            ("%e %x %y;", "-1 -1 -1;-1 -1 -1;"),
            (
                "%T %d{s} %d{rfc3339} %d{strftime[%H:%M]};",
                "1644800523045 1644800523 2022-02-14T01:02:03.045Z 01:02;-1 -1 1969-12-31T23:59:59.999Z 23:59;",
            ),
            ("%h;", "a=1,b=NULL;;"),
            ("%h{%k:%v(%V) };", "a:1(1) b:-(-1) ;;"),
            ("%k{hex} %v{base64}%%;", "6b6579 -%;- AXZhbHVl%;"),
            ("%o{hex16}", "00000001"),
        ];
        for (format, expected) in cases {
            assert_eq!(rendered(format), expected, "{format}");
        }
    }

    #[test]
    fn a_length_is_four_bytes_where_it_is_asked_for() {
        assert_eq!(rendered("%R").as_bytes(), String::from_utf8_lossy(&[255, 255, 255, 255, 0, 0, 0, 6]).as_bytes());
    }
}
