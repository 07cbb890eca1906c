//! The column types of relations and their Arrow types.

use crate::error::{Error, Location, Result};
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::sql::sqlparser::ast::{DataType as Ast, ExactNumberInfo, TimezoneInfo};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of a relation's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SqlType {
    /// `BOOLEAN`
    Boolean,
    /// `INT`: 32 bits
    Int,
    /// `BIGINT`: 64 bits
    BigInt,
    /// `DOUBLE`: 64-bit floating point
    Double,
    /// `DECIMAL(precision, scale)`: exact, up to 38 digits
    Decimal(u8, i8),
    /// `VARCHAR`: UTF-8 of any length
    Varchar,
    /// `TIMESTAMP`: milliseconds, UTC
    Timestamp,
    /// `DATE`
    Date,
    /// `BYTES`
    Bytes,
}

/// The type of every timestamp of a relation.
pub(crate) const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Millisecond, None);

const TYPES: &str = "the types are BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL(p, s), VARCHAR, TIMESTAMP, DATE and BYTES";

impl SqlType {
    /// The Arrow type of its columns.
    pub fn arrow(self) -> DataType {
        match self {
            SqlType::Boolean => DataType::Boolean,
            SqlType::Int => DataType::Int32,
            SqlType::BigInt => DataType::Int64,
            SqlType::Double => DataType::Float64,
            SqlType::Decimal(precision, scale) => DataType::Decimal128(precision, scale),
            SqlType::Varchar => DataType::Utf8,
            SqlType::Timestamp => TIMESTAMP,
            SqlType::Date => DataType::Date32,
            SqlType::Bytes => DataType::Binary,
        }
    }

    /// The relation type that holds all values of an Arrow type; `None` for nested and other types.
    pub fn holding(data_type: &DataType) -> Option<SqlType> {
        Some(match data_type {
            DataType::Boolean => SqlType::Boolean,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => SqlType::Int,
            DataType::Int64 | DataType::UInt32 | DataType::UInt64 => SqlType::BigInt,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => SqlType::Double,
            DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) | DataType::Decimal128(precision, scale) => {
                SqlType::Decimal(*precision, *scale)
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => SqlType::Varchar,
            DataType::Timestamp(_, _) => SqlType::Timestamp,
            DataType::Date32 | DataType::Date64 => SqlType::Date,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => SqlType::Bytes,
            DataType::Dictionary(_, values) => return SqlType::holding(values),
            _ => return None,
        })
    }

    /// The type a declaration names.
    pub(crate) fn declared(declared: &Ast, location: Location) -> Result<SqlType> {
        Ok(match declared {
            Ast::Boolean | Ast::Bool => SqlType::Boolean,
            Ast::Int(None) | Ast::Integer(None) | Ast::Int4(None) => SqlType::Int,
            Ast::BigInt(None) | Ast::Int8(None) | Ast::Int64 => SqlType::BigInt,
            Ast::Double(_) | Ast::DoublePrecision | Ast::Float64 | Ast::Float8 => SqlType::Double,
            Ast::Decimal(info) | Ast::Numeric(info) | Ast::Dec(info) => decimal(info, location)?,
            Ast::Varchar(None) | Ast::Text | Ast::String(None) | Ast::CharacterVarying(None) | Ast::CharVarying(None) => SqlType::Varchar,
            Ast::Varchar(_) | Ast::String(_) | Ast::CharacterVarying(_) | Ast::CharVarying(_) => {
                return Err(unlimited("VARCHAR", location));
            }
            Ast::Timestamp(_, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) | Ast::Datetime(_) => SqlType::Timestamp,
            Ast::Timestamp(..) => {
                return Err(Error::invalid("timestamps have no time zone: they are always UTC").with_hint("write TIMESTAMP").at(location));
            }
            Ast::Date => SqlType::Date,
            Ast::Bytes(None) | Ast::Bytea | Ast::Blob(None) | Ast::Binary(None) | Ast::Varbinary(None) => SqlType::Bytes,
            Ast::Bytes(_) | Ast::Blob(_) | Ast::Binary(_) | Ast::Varbinary(_) => return Err(unlimited("BYTES", location)),
            other => {
                let written = other.to_string();
                let hint = crate::text::did_you_mean(&written, NAMES);
                return Err(Error::invalid(format!("unknown column type {written}")).with_detail(TYPES).with_hint_if(hint).at(location));
            }
        })
    }
}

const NAMES: [&str; 9] = ["BOOLEAN", "INT", "BIGINT", "DOUBLE", "DECIMAL", "VARCHAR", "TIMESTAMP", "DATE", "BYTES"];

/// A length would promise what nobody checks.
fn unlimited(name: &str, location: Location) -> Error {
    Error::invalid(format!("{name} has no greatest length: values of any length are taken")).with_hint(format!("write {name}")).at(location)
}

fn decimal(info: &ExactNumberInfo, location: Location) -> Result<SqlType> {
    let (precision, scale) = match info {
        ExactNumberInfo::None => {
            return Err(Error::invalid("DECIMAL needs its precision").with_hint("write for example DECIMAL(10, 2)").at(location));
        }
        ExactNumberInfo::Precision(precision) => (*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
    };
    let fits = (1..=38).contains(&precision) && (0..=precision as i64).contains(&scale);
    if !fits {
        return Err(Error::invalid(format!("DECIMAL({precision}, {scale}) does not fit"))
            .with_detail("the precision is 1 to 38 digits and the scale 0 to the precision")
            .at(location));
    }
    Ok(SqlType::Decimal(precision as u8, scale as i8))
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SqlType::Boolean => f.write_str("BOOLEAN"),
            SqlType::Int => f.write_str("INT"),
            SqlType::BigInt => f.write_str("BIGINT"),
            SqlType::Double => f.write_str("DOUBLE"),
            SqlType::Decimal(precision, scale) => write!(f, "DECIMAL({precision}, {scale})"),
            SqlType::Varchar => f.write_str("VARCHAR"),
            SqlType::Timestamp => f.write_str("TIMESTAMP"),
            SqlType::Date => f.write_str("DATE"),
            SqlType::Bytes => f.write_str("BYTES"),
        }
    }
}
