//! `kafka-console-consumer.sh`: records as its default formatter prints them, by its properties.
//!
//! Source: `DefaultMessageFormatter` of Apache Kafka 4.3.1.

use crate::record_format::Shown;
use anyhow::{Result, anyhow, bail};
use headwater::log::TimestampType;

/// Prints records as the properties say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordForm {
    timestamp: bool,
    partition: bool,
    epoch: bool,
    offset: bool,
    headers: bool,
    key: bool,
    value: bool,
    key_separator: Vec<u8>,
    line_separator: Vec<u8>,
    headers_separator: Vec<u8>,
    null: Vec<u8>,
}

impl Default for RecordForm {
    fn default() -> Self {
        let text = |text: &str| text.as_bytes().to_vec();
        RecordForm {
            timestamp: false,
            partition: false,
            epoch: false,
            offset: false,
            headers: false,
            key: false,
            value: true,
            key_separator: text("\t"),
            line_separator: text("\n"),
            headers_separator: text(","),
            null: text("null"),
        }
    }
}

impl RecordForm {
    /// Reads properties, `print.key=true` and the like. Errors: one that there is not, or that is no pair.
    pub(crate) fn of(properties: &[String]) -> Result<RecordForm> {
        let mut form = RecordForm::default();
        for property in properties {
            let (key, value) = property.split_once('=').ok_or_else(|| anyhow!("--formatter-property takes KEY=VALUE, not {property:?}"))?;
            let is_true = value.trim().eq_ignore_ascii_case("true");
            match key {
                "print.timestamp" => form.timestamp = is_true,
                "print.partition" => form.partition = is_true,
                "print.epoch" => form.epoch = is_true,
                "print.offset" => form.offset = is_true,
                "print.headers" => form.headers = is_true,
                "print.key" => form.key = is_true,
                "print.value" => form.value = is_true,
                "key.separator" => form.key_separator = value.as_bytes().to_vec(),
                "line.separator" => form.line_separator = value.as_bytes().to_vec(),
                "headers.separator" => form.headers_separator = value.as_bytes().to_vec(),
                "null.literal" => form.null = value.as_bytes().to_vec(),
                "key.deserializer" | "value.deserializer" | "headers.deserializer" if value.ends_with("StringDeserializer") => {}
                "key.deserializer" | "value.deserializer" | "headers.deserializer" => {
                    bail!("{key} {value} is not known here; keys and values are printed as the bytes they are")
                }
                _ => bail!(
                    "--formatter-property {key} is not known; print.timestamp, print.partition, print.epoch, print.offset, print.headers, print.key, \
                     print.value, key.separator, line.separator, headers.separator and null.literal are"
                ),
            }
        }
        Ok(form)
    }

    /// Appends a record.
    pub(crate) fn write(&self, shown: Shown<'_>, out: &mut Vec<u8>) {
        let record = &shown.record.record;
        let mut is_first = true;
        let mut part = |wanted: bool, write: &dyn Fn(&mut Vec<u8>)| {
            if wanted {
                if !is_first {
                    out.extend_from_slice(&self.key_separator);
                }
                is_first = false;
                write(out);
            }
        };
        let kind = match shown.batch.timestamp_type() {
            TimestampType::CreateTime => "CreateTime",
            TimestampType::LogAppendTime => "LogAppendTime",
        };
        part(self.timestamp, &|out| out.extend_from_slice(format!("{kind}:{}", record.timestamp.0).as_bytes()));
        part(self.partition, &|out| out.extend_from_slice(format!("Partition:{}", shown.partition.partition).as_bytes()));
        part(self.epoch, &|out| out.extend_from_slice(format!("Epoch:{}", shown.batch.leader_epoch().0).as_bytes()));
        part(self.offset, &|out| out.extend_from_slice(format!("Offset:{}", shown.record.offset).as_bytes()));
        part(self.headers, &|out| self.headers(shown, out));
        part(self.key, &|out| out.extend_from_slice(record.key.as_deref().unwrap_or(&self.null)));
        part(self.value, &|out| out.extend_from_slice(record.value.as_deref().unwrap_or(&self.null)));
        out.extend_from_slice(&self.line_separator);
    }

    fn headers(&self, shown: Shown<'_>, out: &mut Vec<u8>) {
        let headers = &shown.record.record.headers;
        if headers.is_empty() {
            out.extend_from_slice(b"NO_HEADERS");
        }
        for (index, header) in headers.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(&self.headers_separator);
            }
            out.extend_from_slice(&header.key);
            out.push(b':');
            out.extend_from_slice(header.value.as_deref().unwrap_or(&self.null));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headwater::log::{BatchBuilder, CompressionType, Header, Timestamp, TopicName};

    fn printed(properties: &[&str]) -> String {
        let partition = TopicName::new("t").expect("a name").partition(3);
        let headers = [Header { key: "a".into(), value: Some("1".into()) }, Header { key: "b".into(), value: None }];
        let mut builder = BatchBuilder::new(CompressionType::None);
        builder.append_parts(Timestamp(17), Some(b"k"), None, &headers).expect("appended");
        builder.append_parts(Timestamp(18), None, Some(b"v"), &[]).expect("appended");
        let batch = builder.build();
        let form = RecordForm::of(&properties.iter().map(|one| one.to_string()).collect::<Vec<_>>()).expect("a form");
        let mut out = Vec::new();
        for record in batch.records().expect("records") {
            form.write(Shown { partition: &partition, batch: &batch, record: &record.expect("a record") }, &mut out);
        }
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn parts_stand_in_kafkas_order_with_kafkas_words() {
        let all = ["print.key=true", "print.headers=true", "print.offset=true", "print.partition=true", "print.timestamp=true"];
        let expected =
            "CreateTime:17\tPartition:3\tOffset:0\ta:1,b:null\tk\tnull\nCreateTime:18\tPartition:3\tOffset:1\tNO_HEADERS\tnull\tv\n";
        assert_eq!(printed(&all), expected);
        assert_eq!(printed(&[]), "null\nv\n");
        assert_eq!(printed(&["print.key=true", "print.value=false", "null.literal=-", "line.separator=;"]), "k;-;");
        assert_eq!(printed(&["print.key=true", "key.separator= => "]), "k => null\nnull => v\n");
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        for (property, word) in [("print.kye=true", "print.key"), ("print.key", "KEY=VALUE"), ("key.deserializer=LongDeserializer", "Long")]
        {
            assert!(RecordForm::of(&[property.to_string()]).expect_err(property).to_string().contains(word));
        }
    }
}
