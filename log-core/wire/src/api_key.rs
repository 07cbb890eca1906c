//! Which APIs exist, in which versions, with which headers.
//!
//! The enum and its tables are generated from the first lines of `schema/*.api`. What a server announces is its own affair: it may
//! serve fewer.

use std::fmt;

/// A run of versions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// The first version.
    pub first: i16,
    /// The last version.
    pub last: i16,
}

impl VersionRange {
    /// The versions from `first` to `last`.
    pub const fn new(first: i16, last: i16) -> Self {
        VersionRange { first, last }
    }

    /// Whether the version is one of them.
    pub const fn contains(self, version: i16) -> bool {
        version >= self.first && version <= self.last
    }

    /// Every version, from the first on.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = i16> {
        self.first..=self.last
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// The first line of an API's schema.
struct Facts {
    name: &'static str,
    versions: VersionRange,
    advertised: VersionRange,
    flexible_from: Option<i16>,
}

include!(concat!(env!("OUT_DIR"), "/api_key.rs"));

impl ApiKey {
    /// The key on the wire.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// Kafka's name of the API.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The versions that can be decoded and encoded.
    pub const fn versions(self) -> VersionRange {
        self.facts().versions
    }

    /// The versions that ApiVersions announces. For Produce they start at 0, though 0 to 2 are refused: librdkafka before 2.11.1
    /// compresses only if version 0 is announced (KAFKA-18659).
    pub const fn advertised(self) -> VersionRange {
        self.facts().advertised
    }

    /// Whether the version, known or not, has compact lengths and tagged fields.
    pub const fn is_flexible(self, version: i16) -> bool {
        match self.facts().flexible_from {
            Some(from) => version >= from,
            None => false,
        }
    }

    /// The version of the header of requests.
    pub const fn request_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) { 2 } else { 1 }
    }

    /// The version of the header of responses. That of ApiVersions is always 0: its reader does not know yet what the server speaks.
    pub const fn response_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) && !matches!(self, ApiKey::ApiVersions) { 1 } else { 0 }
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
