//! A plugin: the class a configuration names, its options and how to make it.
//!
//! As in Kafka Connect, `org.apache.kafka.connect.file.FileStreamSourceConnector` also answers to `FileStreamSourceConnector` and `FileStreamSource`.

use crate::config::ConfigDef;
use crate::{ConfigError, Converter, SinkConnector, SourceConnector};
use std::fmt;
use std::sync::Arc;

/// Makes what a plugin is.
#[derive(Clone)]
pub enum PluginFactory {
    /// A source.
    Source(Arc<dyn Fn() -> Box<dyn SourceConnector> + Send + Sync>),
    /// A sink.
    Sink(Arc<dyn Fn() -> Box<dyn SinkConnector> + Send + Sync>),
    /// A converter.
    Converter(Arc<dyn Fn() -> Box<dyn Converter> + Send + Sync>),
}

/// What a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum PluginKind {
    Source,
    Sink,
    Converter,
}

impl PluginKind {
    /// Kafka's word for it, as the REST interface shows it.
    pub fn name(self) -> &'static str {
        match self {
            PluginKind::Source => "source",
            PluginKind::Sink => "sink",
            PluginKind::Converter => "converter",
        }
    }
}

/// A connector or converter as the worker knows it.
#[derive(Clone)]
pub struct Plugin {
    /// The full class name.
    pub class: &'static str,
    /// Further names it answers to, besides those derived from the class.
    pub aliases: &'static [&'static str],
    /// Its version.
    pub version: &'static str,
    /// Its options, without those every connector has.
    pub config: ConfigDef,
    /// How to make it.
    pub factory: PluginFactory,
    /// The value converter (and its options) where the user names none; `None` leaves it to the worker.
    pub value_converter: Option<&'static str>,
}

impl Plugin {
    /// A source.
    pub fn source(
        class: &'static str,
        version: &'static str,
        make: impl Fn() -> Box<dyn SourceConnector> + Send + Sync + 'static,
    ) -> Plugin {
        Plugin::new(class, version, PluginFactory::Source(Arc::new(make)))
    }

    /// A sink.
    pub fn sink(class: &'static str, version: &'static str, make: impl Fn() -> Box<dyn SinkConnector> + Send + Sync + 'static) -> Plugin {
        Plugin::new(class, version, PluginFactory::Sink(Arc::new(make)))
    }

    /// A converter.
    pub fn converter(class: &'static str, version: &'static str, make: impl Fn() -> Box<dyn Converter> + Send + Sync + 'static) -> Plugin {
        Plugin::new(class, version, PluginFactory::Converter(Arc::new(make)))
    }

    fn new(class: &'static str, version: &'static str, factory: PluginFactory) -> Plugin {
        Plugin { class, aliases: &[], version, config: ConfigDef::new(), factory, value_converter: None }
    }

    /// The same with these options.
    pub fn with_config(mut self, config: ConfigDef) -> Plugin {
        self.config = config;
        self
    }

    /// The same with further names.
    pub fn with_aliases(mut self, aliases: &'static [&'static str]) -> Plugin {
        self.aliases = aliases;
        self
    }

    /// The same with the value converter that suits it where the user names none.
    pub fn with_value_converter(mut self, class: &'static str) -> Plugin {
        self.value_converter = Some(class);
        self
    }

    /// What it is.
    pub fn kind(&self) -> PluginKind {
        match self.factory {
            PluginFactory::Source(_) => PluginKind::Source,
            PluginFactory::Sink(_) => PluginKind::Sink,
            PluginFactory::Converter(_) => PluginKind::Converter,
        }
    }

    /// The class name without its package.
    pub fn simple_name(&self) -> &'static str {
        self.class.rsplit('.').next().unwrap_or(self.class)
    }

    /// The shortest name derived from the class: without package and the suffix `Connector` or `Converter`.
    pub fn short_name(&self) -> &'static str {
        let simple = self.simple_name();
        let suffix = if self.kind() == PluginKind::Converter { "Converter" } else { "Connector" };
        simple.strip_suffix(suffix).filter(|short| !short.is_empty()).unwrap_or(simple)
    }

    /// Whether a configuration that says `name` means this plugin.
    pub fn answers_to(&self, name: &str) -> bool {
        name == self.class || name == self.simple_name() || name == self.short_name() || self.aliases.contains(&name)
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.class, self.version, self.kind().name())
    }
}

/// All plugins a worker knows.
#[derive(Clone, Debug, Default)]
pub struct Plugins {
    all: Vec<Plugin>,
}

impl Plugins {
    /// From a list; of two with the same name the first is found.
    pub fn new(all: Vec<Plugin>) -> Plugins {
        Plugins { all }
    }

    /// All of them.
    pub fn all(&self) -> &[Plugin] {
        &self.all
    }

    /// The connector `class` names. Errors: names the option and the nearest known class.
    pub fn connector(&self, class: &str) -> Result<&Plugin, ConfigError> {
        self.find("connector.class", class, |plugin| plugin.kind() != PluginKind::Converter)
    }

    /// The converter `class` names, given as option `option`. Errors: names the option and the nearest known class.
    pub fn converter(&self, option: &str, class: &str) -> Result<&Plugin, ConfigError> {
        self.find(option, class, |plugin| plugin.kind() == PluginKind::Converter)
    }

    fn find(&self, option: &str, class: &str, wanted: impl Fn(&Plugin) -> bool) -> Result<&Plugin, ConfigError> {
        let candidates = || self.all.iter().filter(|plugin| wanted(plugin));
        candidates().find(|plugin| plugin.answers_to(class)).ok_or_else(|| {
            let names = candidates().flat_map(|plugin| [plugin.class, plugin.simple_name(), plugin.short_name()]);
            let reason = match crate::config::nearest(class, names) {
                Some(name) => format!("there is no such class; did you mean {name:?}?"),
                None => {
                    format!("there is no such class; known are {}", candidates().map(Plugin::short_name).collect::<Vec<_>>().join(", "))
                }
            };
            ConfigError::invalid(option, class, reason)
        })
    }
}
