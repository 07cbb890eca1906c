//! One librdkafka instance: its configuration, its background events, its end.

use super::Fault;
use super::fault::text;
use crate::kafka::receipt::Receipt;
use crate::local::Wakeup;
use futures::channel::oneshot;
use rdkafka::bindings as sys;
use rdkafka::types::RDKafkaErrorCode;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::NonNull;
use std::sync::Arc;

/// What an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kafka) enum Role {
    /// Producing, and administration.
    Producer,
    /// Consuming.
    Consumer,
}

/// An event that librdkafka told, owned.
pub(super) struct Event(NonNull<sys::rd_kafka_event_t>);

// SAFETY: an event has one owner and no ties to a thread.
unsafe impl Send for Event {}

impl Event {
    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_event_t {
        self.0.as_ptr()
    }

    /// Takes an event over; `None` for null.
    ///
    /// # Safety
    /// `event` is null or an event that nobody else destroys.
    pub(super) unsafe fn take(event: *mut sys::rd_kafka_event_t) -> Option<Event> {
        NonNull::new(event).map(Event)
    }

    pub(super) fn kind(&self) -> c_int {
        // SAFETY: the event lives.
        unsafe { sys::rd_kafka_event_type(self.as_ptr()) }
    }

    /// The error of the event as a whole.
    pub(super) fn check(&self) -> Result<(), Fault> {
        // SAFETY: the event lives; the text belongs to it.
        unsafe { Fault::check_told(sys::rd_kafka_event_error(self.as_ptr()), sys::rd_kafka_event_error_string(self.as_ptr())) }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: this is its owner.
        unsafe { sys::rd_kafka_event_destroy(self.as_ptr()) };
    }
}

/// A librdkafka instance. Dropping it blocks until its threads have ended, and a member has left its group.
pub(in crate::kafka) struct Client {
    rk: NonNull<sys::rd_kafka_t>,
    background: NonNull<sys::rd_kafka_queue_t>,
    /// What a consumer polls.
    arrivals: Option<NonNull<sys::rd_kafka_queue_t>>,
    /// Rung whenever the arrivals stop being empty, or a delivery was reported. Its address is librdkafka's; it goes after the instance.
    bell: Box<Wakeup>,
}

// SAFETY: librdkafka's instances and queues may be used from any thread, and from many at once.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

impl Client {
    /// Starts an instance. Errors: a property that librdkafka does not take, in its words.
    pub(in crate::kafka) fn start(role: Role, properties: &[(String, String)]) -> Result<Client, String> {
        let mut told = [0 as c_char; 512];
        let bell = Box::new(Wakeup::default());
        // SAFETY: the configuration is freed on every failure and belongs to the instance after success; the bell outlives the instance.
        unsafe {
            let conf = sys::rd_kafka_conf_new();
            for (name, value) in properties {
                let (Ok(name), Ok(value)) = (CString::new(name.as_str()), CString::new(value.as_str())) else {
                    sys::rd_kafka_conf_destroy(conf);
                    return Err(format!("property {name:?} has a zero byte"));
                };
                let outcome = sys::rd_kafka_conf_set(conf, name.as_ptr(), value.as_ptr(), told.as_mut_ptr(), told.len());
                if outcome != sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK {
                    sys::rd_kafka_conf_destroy(conf);
                    return Err(text(told.as_ptr()).unwrap_or_default());
                }
            }
            let events = match role {
                Role::Producer => sys::RD_KAFKA_EVENT_DR,
                Role::Consumer => sys::RD_KAFKA_EVENT_REBALANCE,
            };
            let events = events | sys::RD_KAFKA_EVENT_OFFSET_COMMIT | sys::RD_KAFKA_EVENT_ERROR;
            sys::rd_kafka_conf_set_events(conf, events);
            sys::rd_kafka_conf_set_background_event_cb(conf, Some(on_event));
            sys::rd_kafka_conf_set_log_cb(conf, Some(on_log));
            sys::rd_kafka_conf_set_opaque(conf, (&raw const *bell).cast_mut().cast::<c_void>());
            let kind = match role {
                Role::Producer => sys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
                Role::Consumer => sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
            };
            let Some(rk) = NonNull::new(sys::rd_kafka_new(kind, conf, told.as_mut_ptr(), told.len())) else {
                sys::rd_kafka_conf_destroy(conf);
                return Err(text(told.as_ptr()).unwrap_or_default());
            };
            let background = NonNull::new(sys::rd_kafka_queue_get_background(rk.as_ptr())).expect("a background callback was set");
            let mut client = Client { rk, background, arrivals: None, bell };
            match role {
                Role::Producer => {
                    let main = sys::rd_kafka_queue_get_main(rk.as_ptr());
                    sys::rd_kafka_queue_forward(main, background.as_ptr());
                    sys::rd_kafka_queue_destroy(main);
                }
                Role::Consumer => client.open_arrivals(),
            }
            Ok(client)
        }
    }

    fn open_arrivals(&mut self) {
        // SAFETY: the instance is a consumer with a group; the bell lives until the callback is taken off again.
        unsafe {
            sys::rd_kafka_poll_set_consumer(self.rk.as_ptr());
            let queue = sys::rd_kafka_queue_get_consumer(self.rk.as_ptr());
            sys::rd_kafka_queue_cb_event_enable(queue, Some(on_arrival), (&raw const *self.bell).cast_mut().cast::<c_void>());
            self.arrivals = NonNull::new(queue);
        }
    }

    /// Rung when polling or sending again may be worth it.
    pub(in crate::kafka) fn bell(&self) -> &Wakeup {
        &self.bell
    }

    /// The error that made this instance useless, if any.
    pub(in crate::kafka) fn fatal(&self) -> Option<Fault> {
        let mut told = [0 as c_char; 512];
        // SAFETY: the instance lives; the text is cut to the buffer.
        let code = unsafe { sys::rd_kafka_fatal_error(self.as_ptr(), told.as_mut_ptr(), told.len()) };
        Fault::check_told(code, told.as_ptr()).err().map(|fault| Fault { is_fatal: true, ..fault })
    }

    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_t {
        self.rk.as_ptr()
    }

    pub(super) fn arrivals_ptr(&self) -> *mut sys::rd_kafka_queue_t {
        self.arrivals.map_or(std::ptr::null_mut(), NonNull::as_ptr)
    }

    /// Asks something whose answer is an event: `ask` gets the queue for it and the opaque that finds the way back.
    /// A refused question has no answer.
    pub(super) async fn request(
        &self,
        ask: impl FnOnce(*mut sys::rd_kafka_queue_t, *mut c_void) -> Result<(), Fault>,
    ) -> Result<Event, Fault> {
        let receiver = {
            let (sender, receiver) = oneshot::channel::<Event>();
            let opaque = Box::into_raw(Box::new(sender));
            if let Err(fault) = ask(self.background.as_ptr(), opaque.cast::<c_void>()) {
                // SAFETY: no event will bring it back.
                drop(unsafe { Box::from_raw(opaque) });
                return Err(fault);
            }
            receiver
        };
        let event = receiver.await.map_err(|_| Fault::of(RDKafkaErrorCode::BrokerDestroy))?;
        event.check().map(|()| event)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: nobody else uses the instance any more; queues go before it, as librdkafka asks.
        unsafe {
            if let Some(queue) = self.arrivals.take() {
                sys::rd_kafka_queue_cb_event_enable(queue.as_ptr(), None, std::ptr::null_mut());
                sys::rd_kafka_queue_destroy(queue.as_ptr());
            }
            sys::rd_kafka_queue_destroy(self.background.as_ptr());
            sys::rd_kafka_destroy(self.rk.as_ptr());
        }
    }
}

unsafe extern "C" fn on_arrival(_: *mut sys::rd_kafka_t, bell: *mut c_void) {
    // SAFETY: the bell lives until this callback is taken off.
    unsafe { &*bell.cast::<Wakeup>() }.ring();
}

unsafe extern "C" fn on_log(_: *const sys::rd_kafka_t, level: c_int, facility: *const c_char, words: *const c_char) {
    // SAFETY: both strings live through the call.
    let (facility, words) = unsafe { (CStr::from_ptr(facility).to_string_lossy(), CStr::from_ptr(words).to_string_lossy()) };
    // Lost connections are librdkafka's to mend; what does not mend comes back as an error of a call.
    match level {
        0..=2 => tracing::error!(target: "librdkafka", "{facility}: {words}"),
        3..=4 => tracing::warn!(target: "librdkafka", "{facility}: {words}"),
        _ => tracing::debug!(target: "librdkafka", "{facility}: {words}"),
    }
}

/// Takes every event of the background queue.
pub(super) unsafe extern "C" fn on_event(_: *mut sys::rd_kafka_t, event: *mut sys::rd_kafka_event_t, bell: *mut c_void) {
    // SAFETY: librdkafka gives the event over.
    let Some(event) = (unsafe { Event::take(event) }) else { return };
    match event.kind() {
        sys::RD_KAFKA_EVENT_DR => {
            // SAFETY: each message of a delivery report carries the pointer that its sender gave, once; the message lives as long as the event.
            unsafe {
                while let Some(message) = sys::rd_kafka_event_message_next(event.as_ptr()).as_ref() {
                    let outcome = Fault::check(message.err).map(|()| message.offset);
                    Arc::from_raw(message._private.cast::<Receipt>().cast_const()).note(outcome);
                }
                (*bell.cast::<Wakeup>()).ring();
            }
        }
        sys::RD_KAFKA_EVENT_ERROR => {
            if let Err(fault) = event.check() {
                tracing::debug!(target: "librdkafka", "{}", fault.text);
            }
        }
        _ => {
            // SAFETY: `request` put a sender there, and each answer comes once.
            let sender = unsafe { sys::rd_kafka_event_opaque(event.as_ptr()) }.cast::<oneshot::Sender<Event>>();
            if !sender.is_null() {
                // SAFETY: as above.
                let sender = unsafe { Box::from_raw(sender) };
                // Whoever stopped waiting does not want to know.
                let _ = sender.send(event);
            }
        }
    }
}
