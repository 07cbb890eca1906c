//! Connect's data: values with or without a schema, and the logical types that give numbers and bytes a meaning.

pub mod logical;
mod schema;
mod structs;
mod value;

pub use schema::{Field, Schema, SchemaBuilder, SchemaType};
pub use structs::Struct;
pub use value::{Data, Value};
