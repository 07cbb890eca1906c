//! An error that librdkafka told, as plain data.

use rdkafka::bindings as sys;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use std::ffi::{CStr, c_char};

/// What librdkafka said went wrong.
#[derive(Clone, Debug)]
pub(in crate::kafka) struct Fault {
    /// Kafka's code, or librdkafka's own.
    pub(in crate::kafka) code: RDKafkaErrorCode,
    /// The words, for a person.
    pub(in crate::kafka) text: String,
    /// The client is of no use any more.
    pub(in crate::kafka) is_fatal: bool,
    /// The same call may succeed if repeated.
    pub(in crate::kafka) is_retriable: bool,
    /// The open transaction can only be aborted.
    pub(in crate::kafka) requires_abort: bool,
}

impl Fault {
    /// A fault with a code alone; its text is librdkafka's.
    pub(in crate::kafka) fn of(code: RDKafkaErrorCode) -> Fault {
        Fault { code, text: code.to_string(), is_fatal: false, is_retriable: false, requires_abort: false }
    }

    /// `Err` unless `code` says that all is well.
    pub(super) fn check(code: RDKafkaRespErr) -> Result<(), Fault> {
        match code {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            code => Err(Fault::of(code.into())),
        }
    }

    /// Like [`Fault::check`], with librdkafka's own words where it has some.
    pub(super) fn check_told(code: RDKafkaRespErr, told: *const c_char) -> Result<(), Fault> {
        Fault::check(code).map_err(|mut fault| {
            if let Some(told) = text(told) {
                fault.text = told;
            }
            fault
        })
    }

    /// Takes an error object over; null means that all is well.
    pub(super) fn take(error: *mut sys::rd_kafka_error_t) -> Result<(), Fault> {
        let result = Fault::look(error);
        if !error.is_null() {
            // SAFETY: the caller gave the object over.
            unsafe { sys::rd_kafka_error_destroy(error) };
        }
        result
    }

    /// Reads an error object that stays its owner's.
    pub(super) fn look(error: *const sys::rd_kafka_error_t) -> Result<(), Fault> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: the object lives at least as long as this call; its text belongs to it.
        unsafe {
            Fault::check_told(sys::rd_kafka_error_code(error), sys::rd_kafka_error_string(error)).map_err(|fault| Fault {
                is_fatal: sys::rd_kafka_error_is_fatal(error) != 0,
                is_retriable: sys::rd_kafka_error_is_retriable(error) != 0,
                requires_abort: sys::rd_kafka_error_txn_requires_abort(error) != 0,
                ..fault
            })
        }
    }
}

/// A copy of a C string; `None` for null.
pub(super) fn text(told: *const c_char) -> Option<String> {
    // SAFETY: librdkafka's strings end with a zero byte and live at least as long as the object they were asked of.
    (!told.is_null()).then(|| unsafe { CStr::from_ptr(told) }.to_string_lossy().into_owned())
}
