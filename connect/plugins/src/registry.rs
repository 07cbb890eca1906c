//! The one list of plugins.

use crate::{converters, csv_file_sink, datagen_source, file_stream_source, file_tail_source, json_file_sink};
use connect_api::Plugin;

/// The version all built-in plugins share.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Every built-in plugin, in the order they are listed to a user.
///
/// ```
/// use connect_api::Plugins;
///
/// let plugins = Plugins::new(connect_plugins::all());
/// for name in ["FileStreamSource", "FileStreamSourceConnector", "org.apache.kafka.connect.file.FileStreamSourceConnector"] {
///     assert_eq!(plugins.connector(name)?.simple_name(), "FileStreamSourceConnector");
/// }
/// # Ok::<(), connect_api::ConfigError>(())
/// ```
pub fn all() -> Vec<Plugin> {
    vec![
        file_stream_source::plugin(),
        file_tail_source::plugin(),
        datagen_source::plugin(),
        json_file_sink::plugin(),
        csv_file_sink::plugin(),
        converters::string::plugin(),
        converters::json::plugin(),
        converters::byte_array::plugin(),
        converters::number::short(),
        converters::number::integer(),
        converters::number::long(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_plugins_share_a_name() {
        let mut names = BTreeSet::new();
        for plugin in all() {
            for name in [plugin.class, plugin.simple_name(), plugin.short_name()].into_iter().collect::<BTreeSet<_>>() {
                assert!(names.insert(name.to_string()), "{name} twice");
            }
        }
    }

    #[test]
    fn every_option_is_documented_and_its_default_is_valid() {
        for plugin in all() {
            for key in plugin.config.keys() {
                assert!(!key.documentation.is_empty(), "{}: {}", plugin.class, key.name);
                if !key.required {
                    key.parse(None).unwrap();
                }
            }
        }
    }
}
