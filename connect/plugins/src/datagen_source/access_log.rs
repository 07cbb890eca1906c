//! Lines like those of a web server's access log (Apache's combined format).

use super::random::RowRandom;
use chrono::{DateTime, Utc};
use std::fmt::Write as _;
use std::io;

/// How the lines are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccessLogOptions {
    /// The same seed gives the same lines.
    pub seed: u64,
    /// The time of the first request, in milliseconds since 1970.
    pub start_ms: i64,
    /// Requests a second of the log's own time.
    pub requests_per_second: f64,
    /// How far back a line's time may lie behind the newest before it, in seconds.
    pub disorder_seconds: u64,
    /// The share of lines that do not parse, from 0 to 1.
    pub malformed_share: f64,
}

impl Default for AccessLogOptions {
    /// From 2015-05-17T10:05:00Z on, 20 requests a second, out of order by up to 59 seconds, every thousandth line malformed.
    fn default() -> Self {
        AccessLogOptions { seed: 1, start_ms: 1_431_857_100_000, requests_per_second: 20.0, disorder_seconds: 59, malformed_share: 0.001 }
    }
}

/// A web server's access log; any line can be had by its number.
///
/// ```
/// use connect_plugins::datagen_source::{AccessLog, AccessLogOptions};
///
/// let log = AccessLog::new(AccessLogOptions { malformed_share: 0.0, ..AccessLogOptions::default() });
/// let line = log.line(0);
/// assert!(line.contains("[17/May/2015:10:0") && line.contains(" HTTP/1."), "{line}");
/// assert_eq!(line, log.line(0));
/// ```
#[derive(Clone, Debug)]
pub struct AccessLog {
    options: AccessLogOptions,
}

const METHODS: [&str; 6] = ["GET", "GET", "GET", "GET", "HEAD", "POST"];
const STATUSES: [u16; 12] = [200, 200, 200, 200, 304, 200, 301, 404, 206, 403, 500, 416];
const FOLDERS: [&str; 8] =
    ["", "/blog", "/images", "/articles/ssh-security", "/projects/xdotool", "/files/logstash", "/presentations", "/style"];
const PAGES: [&str; 8] = ["/", "/index.html", "/favicon.ico", "/reset.css", "/web.png", "/title.png", "/?flav=rss20", "/robots.txt"];
const REFERRERS: [&str; 5] =
    ["-", "-", "http://www.example.com/", "http://example.org/blog/?page=2", "https://search.example/q=\\\"logs\\\""];
const AGENTS: [&str; 6] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.107 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.73.11 (KHTML, like Gecko) Version/7.0.1 Safari/537.73.11",
    "Tiny Tiny RSS/1.11 (http://tt-rss.org/)",
    "Mozilla/5.0 (compatible; Examplebot/2.1; +http://www.example.com/bot.html)",
    "-",
];

impl AccessLog {
    /// A log made this way.
    pub fn new(options: AccessLogOptions) -> AccessLog {
        AccessLog { options }
    }

    /// The line of a row, without its end.
    pub fn line(&self, row: u64) -> String {
        let mut random = RowRandom::new(self.options.seed, row);
        let malformed = random.below(1_000_000) < (self.options.malformed_share.clamp(0.0, 1.0) * 1e6) as u64;
        let line = self.good_line(row, &mut random);
        if malformed { spoil(&line, &mut random) } else { line }
    }

    /// The time of a row's request, in milliseconds since 1970, to the second.
    pub fn time_ms(&self, row: u64) -> i64 {
        self.time_of(row, &mut RowRandom::new(self.options.seed ^ 0x7469_6d65, row))
    }

    /// Writes rows `0..count`, each with its end.
    pub fn write(&self, count: u64, out: &mut dyn io::Write) -> io::Result<()> {
        (0..count).try_for_each(|row| writeln!(out, "{}", self.line(row)))
    }

    fn time_of(&self, row: u64, random: &mut RowRandom) -> i64 {
        let elapsed_ms = (row as f64 * 1000.0 / self.options.requests_per_second.max(1e-6)) as i64;
        let newest_second = (self.options.start_ms + elapsed_ms).div_euclid(1000);
        // Most lines are in order; some requests took long and stand later than they began.
        let back = if random.below(4) == 0 { random.below(self.options.disorder_seconds + 1) as i64 } else { 0 };
        (newest_second - back) * 1000
    }

    fn good_line(&self, row: u64, random: &mut RowRandom) -> String {
        let time = DateTime::<Utc>::from_timestamp_millis(self.time_ms(row)).unwrap_or_default();
        let client = random.below(400).min(random.below(2000));
        let status = *random.pick(&STATUSES);
        let mut line = String::with_capacity(240);
        let bytes = match status {
            304 => "-".to_string(),
            200 => (random.below(60_000) + 180).to_string(),
            _ => (random.below(600) + 120).to_string(),
        };
        // Writing to a String cannot fail.
        let _ = write!(
            line,
            "10.{}.{}.{} - - [{}] \"{} {}{} HTTP/1.{}\" {status} {bytes} \"{}\" \"{}\"",
            client / 250,
            client % 250,
            client * 7 % 251,
            time.format("%d/%b/%Y:%H:%M:%S +0000"),
            random.pick(&METHODS),
            random.pick(&FOLDERS),
            random.pick(&PAGES),
            u64::from(random.below(20) != 0),
            random.pick(&REFERRERS),
            random.pick(&AGENTS),
        );
        line
    }
}

/// A line as broken software or a full disk leaves it: never empty, always without line ends.
fn spoil(line: &str, random: &mut RowRandom) -> String {
    match random.below(4) {
        // Cut before the status, so that no part of it is a whole request.
        0 => line.chars().take(10 + random.below(30) as usize).collect(),
        1 => line.replace(['[', ']'], ""),
        2 => format!("\\x16\\x03\\x01{}", random.next()),
        _ => line.replacen("HTTP/1.", "\" garbage ", 1).replace(" +0000", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_out_of_order_by_at_most_what_is_asked_for() {
        let log = AccessLog::new(AccessLogOptions::default());
        let (mut newest, mut furthest) = (i64::MIN, 0);
        for row in 0..20_000 {
            let time = log.time_ms(row);
            furthest = furthest.max(newest.saturating_sub(time));
            newest = newest.max(time);
        }
        assert!((30_000..=59_000).contains(&furthest), "{furthest}");
    }

    #[test]
    fn the_share_of_malformed_lines_is_as_asked_for_and_every_line_is_one() {
        for (share, expected) in [(0.0, 0..=0), (0.01, 120..=280), (1.0, 20_000..=20_000)] {
            let log = AccessLog::new(AccessLogOptions { malformed_share: share, ..AccessLogOptions::default() });
            let well_formed = |line: &str| {
                let [before, request, after, _, _, _, _] = &line.replace("\\\"", "").split('"').map(str::to_string).collect::<Vec<_>>()[..]
                else {
                    return false;
                };
                before.ends_with(" +0000] ") && request.split(' ').count() == 3 && after.trim().split(' ').count() == 2
            };
            let lines: Vec<String> = (0..20_000).map(|row| log.line(row)).collect();
            assert!(lines.iter().all(|line| !line.is_empty() && !line.contains('\n')));
            let malformed = lines.iter().filter(|line| !well_formed(line)).count();
            assert!(expected.contains(&malformed), "{share}: {malformed}");
        }
    }

    #[test]
    fn seeds_differ_and_a_written_file_holds_the_lines() {
        let log = |seed| AccessLog::new(AccessLogOptions { seed, ..AccessLogOptions::default() });
        assert_ne!(log(1).line(5), log(2).line(5));
        let mut file = Vec::new();
        log(1).write(3, &mut file).unwrap();
        assert_eq!(String::from_utf8(file).unwrap(), (0..3).map(|row| log(1).line(row) + "\n").collect::<String>());
    }
}
