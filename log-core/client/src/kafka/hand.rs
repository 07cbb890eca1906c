//! One thread per instance for the calls of librdkafka that wait, in the order they were asked for; and the instance's end, which waits too.

use super::native::{Client, Role};
use crate::{Error, Result};
use futures::channel::oneshot;
use std::sync::{Arc, mpsc};
use std::time::Duration;

type Job = Box<dyn FnOnce(&Client) + Send>;

/// What to do with an instance before it ends.
pub(super) type Farewell = fn(&Client);

/// An instance and the thread that waits for it. Dropping it returns at once; the thread says farewell and ends the instance.
pub(super) struct Hand {
    // Before the jobs: the thread, which ends with them, must hold the last reference.
    client: Arc<Client>,
    jobs: mpsc::Sender<Job>,
}

impl Hand {
    /// Starts an instance and its thread.
    pub(super) fn start(role: Role, properties: &[(String, String)], farewell: Farewell) -> Result<Hand> {
        let client = Client::start(role, properties).map_err(|reason| Error::Invalid { reason })?;
        let client = Arc::new(client);
        let (jobs, waiting) = mpsc::channel::<Job>();
        let own = client.clone();
        #[allow(clippy::disallowed_methods, reason = "librdkafka's calls block, and the traits are not told of an executor")]
        let thread = std::thread::Builder::new().name("kafka-client".into()).spawn(move || {
            for job in waiting {
                job(&own);
            }
            farewell(&own);
        });
        thread.map_err(|error| Error::Closed { reason: format!("no thread could be started: {error}") })?;
        Ok(Hand { client, jobs })
    }

    /// The instance.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Runs a call that waits. If the future is dropped, the call still runs to its end.
    pub(super) async fn call<T: Send + 'static>(&self, job: impl FnOnce(&Client) -> T + Send + 'static) -> Result<T> {
        let (sender, receiver) = oneshot::channel();
        let closed = || Error::Closed { reason: "the client's thread has ended".into() };
        let job: Job = Box::new(move |client| {
            // Whoever stopped waiting does not want to know.
            let _ = sender.send(job(client));
        });
        self.jobs.send(job).map_err(|_| closed())?;
        receiver.await.map_err(|_| closed())
    }

    /// A short pause between two looks at something that the cluster is about to do.
    pub(super) async fn pause(&self) -> Result<()> {
        #[allow(clippy::disallowed_methods, reason = "this thread exists to wait; the traits have no clock")]
        self.call(|_| std::thread::sleep(Duration::from_millis(10))).await
    }
}
