//! Who may do what, by API: what is denied answers Kafka's code, what is allowed works.

mod administration;
mod groups;
mod lists;
mod probe;
mod records;
mod rules;
mod transactions;
