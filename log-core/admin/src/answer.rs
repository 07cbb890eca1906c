//! The bytes of an answer, read when asked for: what is read borrows from them.

use crate::{Error, Result, repeat};
use bytes::Bytes;
use log_wire::{Decode, Reader, Request};
use std::marker::PhantomData;

/// An answer to a request of type `R`.
#[derive(Debug)]
pub(crate) struct Answer<R> {
    body: Bytes,
    version: i16,
    address: String,
    request: PhantomData<fn() -> R>,
}

impl<R: Request> Answer<R> {
    pub(crate) fn new(body: Bytes, version: i16, address: &str) -> Answer<R> {
        Answer { body, version, address: address.to_string(), request: PhantomData }
    }

    /// The message. Errors: the bytes are none.
    pub(crate) fn read(&self) -> Result<R::Response<'_>> {
        let read = R::Response::decode(&mut Reader::new(&self.body), self.version);
        read.map_err(|error| {
            let reason = format!("its answer to {} version {} cannot be read: {error}", R::API_KEY, self.version);
            repeat::after_sending(R::API_KEY, Error::Foreign { address: self.address.clone(), reason })
        })
    }
}
