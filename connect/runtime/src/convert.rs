//! The converters of a task, set up, and the headers beside them.

use crate::config::ConnectorConfig;
use bytes::Bytes;
use connect_api::{ConnectHeader, Converter, Data, Error, Plugin, PluginFactory, Result, Value};
use log_record::Header;

/// The converters of a task.
pub(crate) struct Converters {
    pub(crate) key: Box<dyn Converter>,
    pub(crate) value: Box<dyn Converter>,
    pub(crate) key_class: &'static str,
    pub(crate) value_class: &'static str,
}

impl Converters {
    pub(crate) fn new(connector: &ConnectorConfig) -> Result<Converters> {
        Ok(Converters {
            key: make(&connector.key_converter, connector, true)?,
            value: make(&connector.value_converter, connector, false)?,
            key_class: connector.key_converter.class,
            value_class: connector.value_converter.class,
        })
    }
}

fn make(plugin: &Plugin, connector: &ConnectorConfig, is_key: bool) -> Result<Box<dyn Converter>> {
    let PluginFactory::Converter(make) = &plugin.factory else {
        return Err(Error::Bug { reason: format!("{} is no converter", plugin.class) });
    };
    let prefix = if is_key { "key.converter." } else { "value.converter." };
    let mut converter = make();
    converter.configure(&connector.config.under(prefix), is_key)?;
    Ok(converter)
}

/// Header values as text, as Kafka's `SimpleHeaderConverter` writes plain ones.
pub(crate) fn headers_to_log(headers: &[ConnectHeader]) -> Result<Vec<Header>> {
    let convert = |header: &ConnectHeader| {
        let value = match &header.data.value {
            Value::Null => None,
            Value::String(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
            Value::Bytes(bytes) => Some(bytes.clone()),
            Value::Boolean(value) => Some(value.to_string().into()),
            Value::Float32(value) => Some(value.to_string().into()),
            Value::Float64(value) => Some(value.to_string().into()),
            other => match other.as_i64() {
                Some(number) => Some(number.to_string().into()),
                None => {
                    return Err(Error::data(format!("header {:?}: a value of type {} cannot be written", header.key, other.type_name())));
                }
            },
        };
        Ok(Header { key: Bytes::copy_from_slice(header.key.as_bytes()), value })
    };
    headers.iter().map(convert).collect()
}

/// Text where it is UTF-8, else bytes.
pub(crate) fn headers_from_log(headers: Vec<Header>) -> Vec<ConnectHeader> {
    let convert = |header: Header| {
        let data = match header.value {
            None => Data::null(),
            Some(bytes) => match std::str::from_utf8(&bytes) {
                Ok(text) => Data::text(text),
                Err(_) => Data::bytes(bytes),
            },
        };
        ConnectHeader { key: String::from_utf8_lossy(&header.key).into_owned(), data }
    };
    headers.into_iter().map(convert).collect()
}
