//! What every configuration can do, made from a table of keys by `configuration!`.
//!
//! A configuration holds a value for every key and tells which were set: those whose value differs from the default, and those in
//! [`SetToDefault`]. So one that is built as a struct, or was stored before this was recorded, counts what differs from the default.
//!
//! Stored are the fields that differ from the default, under their names: a stored configuration stays small however many keys there are. What
//! is missing has its default when it is read, and so an older program's is read too, which stored every field it had.

use super::error::ConfigError;
use super::key::{ConfigType, Key};
use super::nearest::nearest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The keys that were set to the very value they have by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SetToDefault(BTreeSet<String>);

impl SetToDefault {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What the functions below need of a configuration.
pub(super) trait Config: Default + 'static {
    const SUBJECT: &'static str;

    fn table() -> &'static [Key<Self>];
    fn set_to_default(&self) -> &SetToDefault;
    fn set_to_default_mut(&mut self) -> &mut SetToDefault;
}

pub(super) fn find<C: Config>(name: &str) -> Result<&'static Key<C>, ConfigError> {
    C::table().iter().find(|key| key.name == name).ok_or_else(|| ConfigError::UnknownKey {
        subject: C::SUBJECT,
        key: name.chars().take(300).collect(),
        nearest: nearest(name, C::table().iter().map(|key| key.name)),
    })
}

pub(super) fn set<C: Config>(config: &mut C, name: &str, value: &str) -> Result<(), ConfigError> {
    let key = find::<C>(name)?;
    (key.set)(config, value).map_err(|reason| ConfigError::InvalidValue {
        subject: C::SUBJECT,
        key: key.name,
        value: value.chars().take(300).collect(),
        reason,
    })?;
    if key.get(config) == key.get(&C::default()) {
        config.set_to_default_mut().0.insert(key.name.to_string());
    } else {
        config.set_to_default_mut().0.remove(key.name);
    }
    Ok(())
}

pub(super) fn unset<C: Config>(config: &mut C, name: &str) -> Result<(), ConfigError> {
    let key = find::<C>(name)?;
    (key.copy)(config, &C::default());
    config.set_to_default_mut().0.remove(key.name);
    Ok(())
}

pub(super) fn is_set<C: Config>(config: &C, default: &C, key: &Key<C>) -> bool {
    key.get(config) != key.get(default) || config.set_to_default().0.contains(key.name)
}

/// Which way the items of a list go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ListChange {
    Append,
    Subtract,
}

pub(super) fn change_list<C: Config>(config: &mut C, name: &str, items: &str, change: ListChange) -> Result<(), ConfigError> {
    let key = find::<C>(name)?;
    if key.config_type != ConfigType::List {
        return Err(ConfigError::NotAList { subject: C::SUBJECT, key: key.name });
    }
    let now = key.get(config).unwrap_or_default();
    let given: Vec<&str> = items.split(',').map(str::trim).collect();
    let kept = now.split(',').filter(|item| change == ListChange::Append || !given.contains(item));
    let added = given.iter().copied().filter(|_| change == ListChange::Append);
    let text = kept.chain(added).filter(|item| !item.is_empty()).collect::<Vec<_>>().join(",");
    set(config, name, &text)
}

pub(super) fn lay_over<C: Config + Clone>(config: &C, defaults: &C) -> C {
    let (mut merged, plain) = (config.clone(), C::default());
    for key in C::table().iter().filter(|key| !is_set(config, &plain, key)) {
        (key.copy)(&mut merged, defaults);
    }
    merged
}

/// Declares a configuration: for each key the documentation, `field: type = default, "name" [effect access]`, the keys of the node that give
/// its default (`from`) and its bounds (`=>`). Keys are listed to users in this order.
macro_rules! configuration {
    (
        $subject:literal;
        $(#[$meta:meta])*
        pub struct $config:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty = $default:expr, $name:literal [$effect:ident $access:ident]
                $(from $($synonym:literal)+)? $(=> $rule:expr)?;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(default)]
        pub struct $config {
            $(
                #[doc = concat!("`", $name, "`:", $($doc, " "),+)]
                pub $field: $type,
            )*
            /// The keys that were set to their default.
            pub set_to_default: SetToDefault,
        }

        impl Default for $config {
            fn default() -> Self {
                $config { $($field: $default,)* set_to_default: SetToDefault::default() }
            }
        }

        impl Serialize for $config {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let default = $config::default();
                let mut map = serializer.serialize_map(None)?;
                $(if self.$field != default.$field {
                    map.serialize_entry(stringify!($field), &self.$field)?;
                })*
                if !self.set_to_default.is_empty() {
                    map.serialize_entry("set_to_default", &self.set_to_default)?;
                }
                map.end()
            }
        }

        static KEYS: &[Key<$config>] = &[$(
            Key {
                name: $name,
                config_type: <$type as Value>::TYPE,
                effect: Effect::$effect,
                access: Access::$access,
                synonyms: &[$($($synonym),+)?],
                doc: concat!($($doc, " "),+),
                set: |config, text| {
                    let value = <$type as Value>::parse(text)?;
                    $($rule.check(&value)?;)?
                    config.$field = value;
                    Ok(())
                },
                get: |config| config.$field.format(),
                copy: |config, from| config.$field.clone_from(&from.$field),
            },
        )*];

        impl table::Config for $config {
            const SUBJECT: &'static str = $subject;

            fn table() -> &'static [Key<Self>] {
                KEYS
            }

            fn set_to_default(&self) -> &SetToDefault {
                &self.set_to_default
            }

            fn set_to_default_mut(&mut self) -> &mut SetToDefault {
                &mut self.set_to_default
            }
        }

        impl $config {
            /// Every key, in the order they are listed to a user.
            pub fn keys() -> &'static [Key<$config>] {
                KEYS
            }

            /// The key of this name. Errors: it is not one of ours; the nearest known name is given.
            pub fn key(name: &str) -> Result<&'static Key<$config>, ConfigError> {
                table::find(name)
            }

            /// The defaults with `entries` set over them.
            ///
            /// Errors: an unknown key (with the nearest known one) or a value the key does not take.
            pub fn from_entries<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ConfigError> {
                let mut config = $config::default();
                for (name, value) in entries {
                    config.set(name, value)?;
                }
                Ok(config)
            }

            /// Sets one entry. It counts as set even where the value is the default. Nothing changes on an error.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), ConfigError> {
                table::set(self, name, value)
            }

            /// Gives one entry its default again; it counts as not set.
            pub fn unset(&mut self, name: &str) -> Result<(), ConfigError> {
                table::unset(self, name)
            }

            /// Adds items (separated by commas) to a list, those it has not.
            pub fn append(&mut self, name: &str, items: &str) -> Result<(), ConfigError> {
                table::change_list(self, name, items, table::ListChange::Append)
            }

            /// Takes items (separated by commas) from a list, those it has.
            pub fn subtract(&mut self, name: &str, items: &str) -> Result<(), ConfigError> {
                table::change_list(self, name, items, table::ListChange::Subtract)
            }

            /// The value of one entry as text; none stands for Kafka's null.
            pub fn get(&self, name: &str) -> Result<Option<String>, ConfigError> {
                table::find(name).map(|key| key.get(self))
            }

            /// Whether an entry was set: it differs from the default, or was set to it.
            pub fn is_set(&self, name: &str) -> bool {
                table::find(name).is_ok_and(|key| table::is_set(self, &$config::default(), key))
            }

            /// All entries that have a value as text, defaults included.
            pub fn entries(&self) -> BTreeMap<&'static str, String> {
                KEYS.iter().filter_map(|key| Some((key.name, key.get(self)?))).collect()
            }

            /// The entries that were set. With [`Self::from_entries`] they give an equal configuration.
            pub fn set_entries(&self) -> BTreeMap<&'static str, String> {
                let default = $config::default();
                let set = KEYS.iter().filter(|key| table::is_set(self, &default, key));
                set.map(|key| (key.name, key.get(self).unwrap_or_default())).collect()
            }

            /// What was set here, and `defaults` for the rest.
            pub fn over(&self, defaults: &$config) -> $config {
                table::lay_over(self, defaults)
            }
        }
    };
}
