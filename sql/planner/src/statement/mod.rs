//! The statements: one file each, registered in `list.rs`, and the script that holds them.

mod create_connector;
mod create_relation;
mod cursor;
mod describe;
mod drop;
mod emit;
mod explain;
mod insert;
mod list;
mod name;
mod nesting;
mod options;
mod script;
mod select;
mod show;

pub use create_connector::{ConnectorKind, CreateConnector};
pub use create_relation::{ColumnDefinition, CreateRelation, RelationKind, WatermarkDefinition};
pub use drop::{Drop, DropKind};
pub use insert::Insert;
pub use list::Statement;
pub use name::Name;
pub use options::OptionEntry;
pub use script::{ParsedStatement, Script};
pub use select::QueryText;
pub use show::Show;
