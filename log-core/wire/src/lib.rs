//! The Kafka protocol as values: frames, headers, every message of the served APIs, and the records of Kafka's internal topics.
//!
//! Messages are generated from `schema/` when the crate is built. Nothing here does I/O, and nothing here decides: a message is what
//! the bytes say.
//!
//! # The path of the data
//!
//! ```text
//! socket ─► Cutter ─► RequestHeader ─► Decode (messages::*) ─► a handler
//!          one Bytes   key, version     borrows from the frame; records are slices of it
//!
//! a handler ─► Encode (messages::*) ─► Writer ─► frame::response ─► Vec<Bytes> for one vectored write
//!                                        records stay their own chunks, uncopied
//! ```
//!
//! ```
//! use bytes::BufMut;
//! use log_wire::messages::metadata_request::MetadataRequestTopic;
//! use log_wire::messages::{MetadataRequest, MetadataResponse};
//! use log_wire::{ApiKey, Cutter, Decode, Reader, RequestHeader, frame};
//!
//! // A client asks.
//! let topics = vec![MetadataRequestTopic { name: Some("orders".into()), ..Default::default() }];
//! let request = MetadataRequest { topics: Some(topics), ..Default::default() };
//! let sent = frame::request(12, 7, Some("example"), &request)?.concat();
//!
//! // The server takes the frame off, reads whom it is for, then what is asked.
//! let mut cutter = Cutter::new(frame::REQUEST_BYTES_MIN, 1 << 20);
//! cutter.room().put_slice(&sent);
//! let bytes = cutter.cut()?.unwrap();
//! let mut reader = Reader::new(&bytes);
//! let header = RequestHeader::decode(&mut reader)?;
//! assert_eq!((header.api_key, header.api_version, header.correlation_id), (ApiKey::Metadata, 12, 7));
//! assert_eq!(MetadataRequest::decode(&mut reader, header.api_version)?, request);
//!
//! // And answers: chunks for one vectored write.
//! let answer = frame::response(header.api_version, header.correlation_id, &MetadataResponse::default())?;
//! assert_eq!(answer.len(), 1);
//! # Ok::<(), log_wire::Error>(())
//! ```
//!
//! # What always holds
//!
//! - Bytes from outside never panic, and memory for elements stays below ten times the message plus 64 KiB: each count is held against
//!   the bytes that remain, against absolute limits ([`limits`]) and against the budget of the [`Reader`] *before* anything is allocated.
//! - Decoding borrows: strings and bytes are `Cow::Borrowed` of the frame, [`Records`] share it.
//! - Structs nest to a depth that the schema fixes: a schema in which a struct holds itself does not build.
//! - Unknown tagged fields are skipped within their length. A known tagged field must fill its length exactly. A tag that comes twice,
//!   or out of order, is taken as it comes, the last one counts: so does Kafka.
//! - Bytes after the end of a message are left alone, as Kafka 4.3 does; [`Reader::remaining_bytes`] tells of them.
//! - Strings must be UTF-8 and at most 32,767 bytes, in compact form too. Kafka replaces what is no UTF-8, we refuse it.
//! - A version outside [`Message::VERSIONS`] is refused, in both directions.
//!
//! # Encoding into a version
//!
//! What a version does not have is left out, whatever its value; the schema's `ignorable` is documentation. A null where the version
//! has none is written as empty. A tagged field is written if it differs from its default. A string that is too long makes
//! [`Writer::finish`] fail.
//!
//! # Defaults
//!
//! They are Kafka's: a field that says `= null` in the schema is `None`; any other nullable field is present and empty.
//!
//! # The schema
//!
//! One file per API in `schema/`, one per kind of record in `schema/records/`. Adding a version is a matter of widening the range in the
//! first line and adding the new fields; adding an API is one file.
//!
//! ```text
//! file     := api | record | data
//! api      := "api" KEY NAME range ["advertised" versions] ⏎ "request" ⏎ body "response" ⏎ body
//! record   := "record" TYPE NAME ⏎ "key" range ⏎ body "value" range ⏎ body
//! data     := "data" NAME range ⏎ body
//! range    := versions ["flexible" versions]
//! body     := {field} {"struct" NAME ⏎ {field}}          two blanks of indentation a level
//! field    := NAME type [versions] {attribute} ⏎ {field}  indented fields are those of the field's struct
//! attribute:= "null" [versions] | "tag" NUMBER [versions] | "=" DEFAULT | "ignorable"
//! type     := ["[]"] ("bool" | "int8" | "int16" | "uint16" | "int32" | "uint32" | "int64" | "float64"
//!                     | "uuid" | "string" | "bytes" | "records" | NAME of a struct)
//! versions := N | N"-"M | N"+"
//! ```
//!
//! Versions that are left out are those of the surrounding struct, of `null` and `tag` those of the field; a field that gives versions
//! only with its tag exists in those. `N+` ends where the surrounding versions end. `#` starts a comment. `struct` defines what
//! several fields share. `advertised` is the range that ApiVersions announces, where it is wider than what is served.
//!
//! Facts from the message definitions of Apache Kafka 4.3.1; encodings from KIP-482 and Kafka's protocol guide.

mod api_key;
mod cutter;
mod error;
pub mod field;
mod format;
pub mod frame;
mod header;
pub mod limits;
mod message;
pub mod messages;
mod reader;
mod record_bytes;
pub mod records;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod writer;

pub use api_key::{ApiKey, VersionRange};
pub use cutter::Cutter;
pub use error::{Error, Result};
pub use format::Format;
pub use header::{RequestHeader, ResponseHeader};
pub use message::{Decode, Encode, Message, Request, Response};
pub use reader::Reader;
pub use record_bytes::Records;
pub use writer::Writer;
