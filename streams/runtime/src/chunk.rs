//! What flows between operators: a batch of rows whose type is erased once a batch, not once a row.

use std::any::{Any, type_name};
use std::fmt;
use thiserror::Error;

/// The rows of a [`Chunk`]. Implemented for `Vec<T>` (rows of the typed API); the SQL layer implements it for its Arrow batches.
pub trait Payload: Any + Send {
    /// The number of rows.
    fn count(&self) -> usize;

    /// A copy, for a second child.
    fn duplicate(&self) -> Box<dyn Payload>;

    /// For downcasting.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

impl<T: Clone + Send + 'static> Payload for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn duplicate(&self) -> Box<dyn Payload> {
        Box::new(self.clone())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

/// A batch of rows between two operators.
pub struct Chunk(Box<dyn Payload>);

/// An operator received rows of another type than it was built for: the topology is wired wrongly.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected rows of type {expected}")]
pub struct WrongPayload {
    /// The type the operator takes.
    pub expected: &'static str,
}

impl Chunk {
    /// A chunk of these rows.
    pub fn new<P: Payload>(rows: P) -> Chunk {
        Chunk(Box::new(rows))
    }

    /// The number of rows.
    pub fn count(&self) -> usize {
        self.0.count()
    }

    /// The rows, if they are of type `P`.
    pub fn take<P: Payload>(self) -> Result<P, WrongPayload> {
        match self.0.into_any().downcast::<P>() {
            Ok(rows) => Ok(*rows),
            Err(_) => Err(WrongPayload { expected: type_name::<P>() }),
        }
    }
}

impl Clone for Chunk {
    fn clone(&self) -> Self {
        Chunk(self.0.duplicate())
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({} rows)", self.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_gives_back_the_rows_it_took() {
        let chunk = Chunk::new(vec![1u32, 2]);
        assert_eq!(chunk.clone().take::<Vec<u32>>().unwrap(), vec![1, 2]);
        assert!(chunk.take::<Vec<String>>().is_err());
    }
}
