//! The templates: what a row holds.

use super::access_log::AccessLog;
use super::random::RowRandom;
use connect_api::{Data, Result, Schema, SchemaType, Struct, Timestamp, Value};
use std::sync::Arc;

/// The words of the option `template`.
pub(super) const TEMPLATES: &[&str] = &["access-log", "access_log", "counter", "json", "orders"];

/// What rows hold.
pub(super) enum Template {
    /// Lines of a web server's log.
    AccessLog(AccessLog),
    /// The row number.
    Counter,
    /// Orders of a shop, as structs.
    Orders { seed: u64, start_ms: i64, schema: Arc<Schema> },
}

const ITEMS: [&str; 6] = ["apple", "bread", "cheese", "coffee", "tea", "wine"];

impl Template {
    /// The schema of an order.
    pub(super) fn order_schema() -> Result<Arc<Schema>> {
        Schema::builder(SchemaType::Struct)
            .name("datagen.Order")
            .field("id", Schema::int64())
            .field("time", Schema::int64())
            .field("customer", Schema::string())
            .field("item", Schema::string())
            .field("quantity", Schema::int32())
            .field("price", Schema::float64())
            .build()
    }

    /// Key, value and event time of a row.
    pub(super) fn row(&self, row: u64) -> Result<(Data, Data, Option<Timestamp>)> {
        match self {
            Template::AccessLog(log) => Ok((Data::null(), Data::text(log.line(row)), Some(Timestamp(log.time_ms(row))))),
            Template::Counter => Ok((Data::null(), Data::text(row.to_string()), None)),
            Template::Orders { seed, start_ms, schema } => {
                let mut random = RowRandom::new(*seed, row);
                let time = start_ms + (row * 100) as i64;
                let customer = format!("customer-{}", random.below(1000));
                let order = Struct::new(schema.clone())
                    .with("id", Value::Int64(row as i64))?
                    .with("time", Value::Int64(time))?
                    .with("customer", Value::String(customer.clone()))?
                    .with("item", Value::from(*random.pick(&ITEMS)))?
                    .with("quantity", Value::Int32(1 + random.below(9) as i32))?
                    .with("price", Value::Float64(random.below(10_000) as f64 / 100.0))?;
                Ok((Data::text(customer), Data::of(schema.clone(), Value::Struct(order)), Some(Timestamp(time))))
            }
        }
    }
}
