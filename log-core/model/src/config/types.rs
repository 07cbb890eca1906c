//! Values with a form of their own.

use serde::{Deserialize, Serialize};

/// A fraction between 0 and 1, kept in millionths so that configurations compare exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ratio(pub u32);
