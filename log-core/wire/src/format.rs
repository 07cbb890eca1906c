//! How a message is laid out: its version, and whether that version is flexible (KIP-482).

/// Version and layout of a message, the same for all structs in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The version of the message.
    pub version: i16,
    /// Whether lengths are compact and structs end with tagged fields.
    pub flexible: bool,
}
