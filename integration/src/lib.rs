//! What the cross-crate tests share; the tests themselves lie in `tests/`.

pub mod history;
