//! `headwater server` under floods of connections: idle ones by the thousand, half requests, garbage, readers that do not read. Its memory stays
//! bounded, and a client beside them, librdkafka, produces and consumes without an error all the while.

#![allow(clippy::disallowed_methods, reason = "this test is about the outside world: a process, sockets, threads and clocks")]

#[path = "kill_server/program.rs"]
mod program;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Idle connections, if the process may have so many.
const IDLE: usize = 10_000;
/// What they may cost.
const IDLE_MIB_MAX: u64 = 300;
/// What everything may cost: idle connections, the budgets of requests, records and answers, and what the log keeps in memory.
const PEAK_MIB_MAX: u64 = 800;
/// So many ask for large answers and take nothing of them.
const SLOW_READERS: usize = 300;
/// So many of them are seen to be closed before the flood ends.
const CLOSED_MIN: usize = 30;
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server as a child process, ended when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Server {
    fn start(settings: &[&str]) -> Server {
        let folder = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(program::headwater());
        command.args(["server", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path().join("data"));
        command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        let log = std::fs::File::create(folder.path().join("server.log")).expect("a log file");
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().expect("the server starts");
        let mut said = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = said.next().expect("the server says where it listens").expect("text");
        let address = first.strip_prefix("listening on ").and_then(|address| address.parse().ok()).expect("an address");
        std::thread::spawn(move || said.for_each(drop));
        Server { child, address, folder }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        stream
    }

    /// How many sockets it has open.
    fn socket_count(&self) -> usize {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("the server runs");
        let links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
        links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
    }

    /// Whether it has a thread of this name.
    fn has_thread(&self, name: &str) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("the server runs");
        let mut names = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok());
        names.any(|found| found.trim_end() == name)
    }

    /// How often it said that it closed a connection for not taking an answer that others wait for.
    fn slow_readers_told(&self) -> usize {
        let said = std::fs::read_to_string(self.folder.path().join("server.log")).expect("its log");
        said.lines().filter(|line| line.contains("it does not take") && line.contains("of an answer")).count()
    }

    /// A line of its status, in MiB: `VmRSS` is what it holds, `VmHWM` the most it ever held.
    fn mib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("a line of the status");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as i16).to_be_bytes());
    bytes.extend(text.as_bytes());
}

/// A request in a version without tagged fields.
fn request(api_key: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let mut frame = [api_key.to_be_bytes(), version.to_be_bytes()].concat();
    frame.extend(7_i32.to_be_bytes());
    text(&mut frame, "flood");
    frame.extend(body);
    [&(frame.len() as i32).to_be_bytes()[..], &frame].concat()
}

/// Fetch version 4 of as much as the server gives, from the first offset of a topic's first partition.
fn fetch(topic: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for number in [-1_i32, 500, 1, i32::MAX] {
        body.extend(number.to_be_bytes());
    }
    body.push(0);
    body.extend(1_i32.to_be_bytes());
    text(&mut body, topic);
    body.extend(1_i32.to_be_bytes());
    body.extend(0_i32.to_be_bytes());
    body.extend(0_i64.to_be_bytes());
    body.extend(i32::MAX.to_be_bytes());
    request(1, 4, &body)
}

/// Asks which versions there are: who is answered was accepted, and so was everybody before.
fn answer_to_api_versions(stream: &mut TcpStream) -> std::io::Result<i32> {
    stream.write_all(&request(18, 0, &[]))?;
    let mut size = [0; 4];
    stream.read_exact(&mut size)?;
    let mut answer = vec![0; i32::from_be_bytes(size) as usize];
    stream.read_exact(&mut answer)?;
    Ok(i32::from_be_bytes([answer[0], answer[1], answer[2], answer[3]]))
}

/// Whether the server ends the connection, and soon.
fn is_ended(stream: &mut TcpStream) -> bool {
    let mut rest = [0; 1 << 12];
    loop {
        match stream.read(&mut rest) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
        }
    }
}

/// Counts what was not delivered.
#[derive(Clone, Default)]
struct Failures(Arc<AtomicUsize>);

impl ClientContext for Failures {}

impl ProducerContext for Failures {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        self.0.fetch_add(usize::from(result.is_err()), Ordering::Relaxed);
    }
}

fn producer(address: SocketAddr) -> (BaseProducer<Failures>, Failures) {
    let failures = Failures::default();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address.to_string()).set("acks", "all").set("linger.ms", "0").set("message.timeout.ms", "30000");
    (config.create_with_context(failures.clone()).expect("a producer"), failures)
}

/// Somebody who produces a record and reads it, again and again, while others misbehave.
struct Neighbour {
    rounds: mpsc::Receiver<Duration>,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), String>>,
}

impl Neighbour {
    fn start(address: SocketAddr) -> Neighbour {
        let (told, rounds) = mpsc::channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let work = move || {
            let (producer, failures) = producer(address);
            let consumer: BaseConsumer =
                ClientConfig::new().set("bootstrap.servers", address.to_string()).set("group.id", "unused").create().expect("a consumer");
            let mut place = TopicPartitionList::new();
            place.add_partition_offset("neighbour", 0, Offset::Beginning).expect("a place");
            let mut number = 0_u64;
            while !over.load(Ordering::Relaxed) {
                let start = Instant::now();
                let record = BaseRecord::<(), str>::to("neighbour").payload("hello");
                producer.send(record.partition(0)).map_err(|(error, _)| error.to_string())?;
                producer.flush(PATIENCE).map_err(|error| format!("record {number} is not acknowledged: {error}"))?;
                if number == 0 {
                    // The first record has made the topic.
                    consumer.assign(&place).map_err(|error| error.to_string())?;
                }
                // A poll may come back early without a record.
                let message = loop {
                    match consumer.poll(Duration::from_secs(1)) {
                        Some(message) => break message.map_err(|error| format!("record {number} is not read: {error}"))?,
                        None if start.elapsed() < PATIENCE => {}
                        None => return Err(format!("record {number} does not come")),
                    }
                };
                if message.offset() as u64 != number {
                    return Err(format!("record {number} was awaited, {} came", message.offset()));
                }
                number += 1;
                // The test may have seen enough.
                let _ = told.send(start.elapsed());
            }
            match failures.0.load(Ordering::Relaxed) {
                0 => Ok(()),
                count => Err(format!("{count} records were not delivered")),
            }
        };
        let work = move || work().inspect_err(|error| eprintln!("floods: the neighbour: {error}"));
        Neighbour { rounds, is_over, thread: std::thread::spawn(work) }
    }

    /// Waits for rounds that began after this call; gives the longest.
    fn rounds(&self, count: usize) -> Duration {
        let _before = self.rounds.try_iter().count();
        let next = || self.rounds.recv_timeout(PATIENCE).expect("the neighbour goes on");
        next();
        (0..count).map(|_| next()).max().unwrap_or_default()
    }

    fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        assert_eq!(self.thread.join().expect("the neighbour is in order"), Ok(()));
    }
}

fn idle_count() -> usize {
    let allowed = log_env::raise_open_file_limit().expect("the limit can be raised").map_or(IDLE, |limit| limit as usize);
    // The server keeps files for its segments, and takes five eighths for connections.
    let count = IDLE.min((allowed / 8 * 5).saturating_sub(2000)).min(allowed.saturating_sub(2000));
    if count < IDLE {
        println!("floods: {count} instead of {IDLE} connections, because the process may open {allowed} files");
    }
    count
}

#[test]
fn floods_of_connections_cost_bounded_memory_and_disturb_nobody() {
    let count = idle_count();
    let server = Server::start(&[]);
    let neighbour = Neighbour::start(server.address);
    neighbour.rounds(20);
    assert!(server.has_thread("jemalloc_bg_thd"), "the allocator has not taken its configuration");

    let before = server.mib("VmRSS");
    let mut idle: Vec<TcpStream> = (0..count).map(|_| server.connect()).collect();
    answer_to_api_versions(idle.last_mut().expect("some")).expect("an answer");
    let cost = server.mib("VmRSS").saturating_sub(before);
    println!("floods: {count} idle connections cost {cost} MiB; a round beside them took {:?} at most", neighbour.rounds(50));
    assert!(cost < IDLE_MIB_MAX, "{count} idle connections cost {cost} MiB");

    // Half-open: most announce a huge request, some send enough of it to be given room.
    let mut half_open = idle.split_off(count / 2);
    for (index, stream) in half_open.iter_mut().enumerate() {
        stream.write_all(&99_000_000_i32.to_be_bytes()).expect("the server reads");
        if index % 10 == 0 {
            stream.write_all(&[0; 20_000]).expect("the server reads");
        }
    }
    let longest = neighbour.rounds(50);
    println!("floods: a round beside half-open requests took {longest:?} at most, the server has {} MiB", server.mib("VmRSS"));
    assert!(half_open.iter_mut().all(is_ended), "a request that does not come ends its connection");

    for (stream, garbage) in idle
        .iter_mut()
        .zip([&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", &[0xff; 64], &[0; 64]].iter().cycle())
        .take(400)
    {
        stream.write_all(garbage).expect("the server reads");
        assert!(is_ended(stream), "garbage ends its connection");
    }
    slow_readers(&server, &neighbour);
    answer_to_api_versions(idle.last_mut().expect("some")).expect("who was idle all the while is served");
    let peak = server.mib("VmHWM");
    println!("floods: the server had {peak} MiB at most");
    assert!(peak < PEAK_MIB_MAX, "the server had {peak} MiB");
    neighbour.end();
}

/// Many ask for everything again and again and take nothing of it.
fn slow_readers(server: &Server, neighbour: &Neighbour) {
    let (producer, failures) = producer(server.address);
    let value = vec![b'x'; 900_000];
    for _ in 0..64 {
        producer.send(BaseRecord::<(), [u8]>::to("large").payload(&value).partition(0)).map_err(|(error, _)| error).expect("room");
    }
    producer.flush(PATIENCE).expect("all are acknowledged");
    assert_eq!(failures.0.load(Ordering::Relaxed), 0);
    let fetches = fetch("large").repeat(40);
    let (sockets_before, told_before) = (server.socket_count(), server.slow_readers_told());
    let mut readers: Vec<TcpStream> = (0..SLOW_READERS).map(|_| server.connect()).collect();
    readers.iter_mut().for_each(|reader| reader.write_all(&fetches).expect("the server reads"));
    let start = Instant::now();
    let (mut longest, mut closed, mut told) = (Duration::ZERO, 0, 0);
    // They hold all there is for records, again and again: each that does is closed for it, and the neighbour goes on.
    while closed < CLOSED_MIN || told < CLOSED_MIN {
        longest = longest.max(neighbour.rounds(1));
        closed = (sockets_before + SLOW_READERS).saturating_sub(server.socket_count());
        told = server.slow_readers_told() - told_before;
        assert!(start.elapsed() < PATIENCE, "{closed} of {SLOW_READERS} slow readers were closed, {told} of them told of");
    }
    println!(
        "floods: {closed} slow readers were closed after {:?}; a round beside them took {longest:?} at most, the server has {} MiB",
        start.elapsed(),
        server.mib("VmRSS")
    );
    readers.truncate(0);
}

#[test]
fn connections_beyond_the_limits_are_refused_and_others_are_served() {
    for setting in ["max.connections=12", "max.connections.per.ip=12"] {
        let server = Server::start(&[setting]);
        let mut served: Vec<TcpStream> = (0..12).map(|_| server.connect()).collect();
        assert!(served.iter_mut().all(|stream| answer_to_api_versions(stream).is_ok()), "{setting}");
        assert!((0..5).all(|_| is_ended(&mut server.connect())), "{setting}");
        assert!(served.iter_mut().all(|stream| answer_to_api_versions(stream).is_ok()), "{setting}");
    }
}
