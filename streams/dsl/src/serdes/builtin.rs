//! The serde a type has without being told: text, integers and bytes.

use super::{Integer, RawBytes, Serde, SerdeRef, Text};
use bytes::Bytes;
use std::any::Any;
use std::sync::Arc;

/// The serde of `T` if it is one of the built-in types.
pub(crate) fn builtin<T: 'static>() -> Option<SerdeRef<T>> {
    if_same::<T, String>(Text)
        .or_else(|| if_same::<T, i64>(Integer))
        .or_else(|| if_same::<T, i32>(Integer))
        .or_else(|| if_same::<T, u64>(Integer))
        .or_else(|| if_same::<T, Bytes>(RawBytes))
}

fn if_same<T: 'static, U: 'static>(serde: impl Serde<U>) -> Option<SerdeRef<T>> {
    let serde: SerdeRef<U> = Arc::new(serde);
    let serde: Box<dyn Any> = Box::new(serde);
    serde.downcast::<SerdeRef<T>>().ok().map(|serde| *serde)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_types_have_a_serde_and_others_have_none() {
        assert_eq!(builtin::<String>().unwrap().describe(), "text");
        assert_eq!(builtin::<i64>().unwrap().describe(), "i64");
        assert!(builtin::<Vec<String>>().is_none());
    }
}
