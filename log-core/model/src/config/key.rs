//! What is known of one key: its name, type and documentation, and how its value is read, written and copied.

use std::fmt;

named! {
    /// The type of a value, as `DescribeConfigs` names it (Kafka's `DescribeConfigsResponse.ConfigType`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(i8)]
    #[allow(missing_docs, reason = "the names are Kafka's and say what they mean")]
    pub enum ConfigType {
        Unknown = 0 => "UNKNOWN",
        Boolean = 1 => "BOOLEAN",
        String = 2 => "STRING",
        Int = 3 => "INT",
        Short = 4 => "SHORT",
        Long = 5 => "LONG",
        Double = 6 => "DOUBLE",
        List = 7 => "LIST",
        Class = 8 => "CLASS",
        Password = 9 => "PASSWORD",
    }
}

impl ConfigType {
    /// The number on the wire.
    pub const fn as_i8(self) -> i8 {
        self as i8
    }
}

/// Whether a value changes what a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The node behaves by it.
    Acts,
    /// It is checked, kept and shown, and has nothing to act on in a single node.
    Kept,
}

/// Whether a value can change while the node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It can.
    Dynamic,
    /// It is fixed at start.
    ReadOnly,
}

/// One key of the configuration `C`.
pub struct Key<C> {
    /// Kafka's name of the key, or ours under `headwater.`.
    pub name: &'static str,
    /// The type of the value.
    pub config_type: ConfigType,
    /// Whether the value changes what a node does.
    pub effect: Effect,
    /// Whether the value can change while the node runs.
    pub access: Access,
    /// The keys of the node that give the default where this one is not set, the strongest first.
    pub synonyms: &'static [&'static str],
    pub(super) doc: &'static str,
    pub(super) set: fn(&mut C, &str) -> Result<(), String>,
    pub(super) get: fn(&C) -> Option<String>,
    pub(super) copy: fn(&mut C, &C),
}

impl<C> Key<C> {
    /// What the key is for, in a sentence.
    pub fn documentation(&self) -> &'static str {
        self.doc.trim()
    }

    /// The value as text; none stands for Kafka's null.
    pub fn get(&self, config: &C) -> Option<String> {
        (self.get)(config)
    }

    /// Whether the value must not be shown.
    pub fn is_sensitive(&self) -> bool {
        self.config_type == ConfigType::Password
    }
}

impl<C> fmt::Debug for Key<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("name", &self.name).field("config_type", &self.config_type).finish_non_exhaustive()
    }
}
