//! What a measurement found, for people and for programs.

use super::usage;
use crate::offsets::short_span;
use crate::output;
use hdrhistogram::Histogram;
use serde_json::{Value, json};
use std::ops::AddAssign;
use std::time::Duration;

/// The quantiles that are shown, with their names.
const QUANTILES: [(&str, f64); 5] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)];
const BAR_CHARACTERS: u64 = 40;
/// The largest latency that is told from larger ones, in microseconds: an hour.
const MICROSECONDS_MAX: u64 = 3_600_000_000;

/// Latencies in microseconds, to three digits.
#[derive(Clone, Debug)]
pub(super) struct Latencies(Option<Histogram<u64>>);

impl Latencies {
    pub(super) fn new() -> Latencies {
        // The bounds are constants that the histogram takes.
        Latencies(Histogram::new_with_bounds(1, MICROSECONDS_MAX, 3).ok())
    }

    /// Counts `count` records of one latency.
    pub(super) fn record(&mut self, latency: Duration, count: u64) {
        if let Some(histogram) = &mut self.0 {
            histogram.saturating_record_n(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).max(1), count);
        }
    }

    pub(super) fn add(&mut self, other: &Latencies) {
        if let (Some(histogram), Some(other)) = (&mut self.0, &other.0) {
            // Both have the same bounds.
            let _ = histogram.add(other);
        }
    }

    fn known(&self) -> Option<&Histogram<u64>> {
        self.0.as_ref().filter(|histogram| !histogram.is_empty())
    }

    fn quantiles(&self) -> Vec<(&'static str, Duration)> {
        let Some(histogram) = self.known() else { return Vec::new() };
        QUANTILES.iter().map(|(name, quantile)| (*name, Duration::from_micros(histogram.value_at_quantile(*quantile)))).collect()
    }

    fn as_json(&self) -> Value {
        let mut object = serde_json::Map::new();
        for (name, latency) in self.quantiles() {
            object.insert(name.to_string(), json!(latency.as_secs_f64() * 1e3));
        }
        if let Some(histogram) = self.known() {
            object.insert("mean".to_string(), json!(histogram.mean() / 1e3));
        }
        Value::Object(object)
    }

    /// How many records lie between one power of two and the next, from the first to the last that has any.
    fn bars(&self) -> Vec<String> {
        let Some(histogram) = self.known() else { return Vec::new() };
        let mut buckets: Vec<(u64, u64)> = (0..32).map(|bits| (1_u64 << bits, 0)).collect();
        for step in histogram.iter_recorded() {
            let bucket = step.value_iterated_to().max(1).ilog2() as usize;
            if let Some((_, count)) = buckets.get_mut(bucket) {
                *count += step.count_since_last_iteration();
            }
        }
        let first = buckets.iter().position(|(_, count)| *count > 0).unwrap_or_default();
        let last = buckets.iter().rposition(|(_, count)| *count > 0).unwrap_or_default();
        let most = buckets.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
        let bar = |(from, count): &(u64, u64)| {
            // Whatever is there at all is seen.
            let characters = (count * BAR_CHARACTERS).div_ceil(most) as usize;
            let below = short_span(Duration::from_micros(from * 2));
            format!("  < {below:>10}  {:>14}  {}", output::count(*count), "█".repeat(characters)).trim_end().to_string()
        };
        buckets[first..=last].iter().map(bar).collect()
    }
}

/// Records and the bytes of their keys and values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) records: u64,
    pub(super) bytes: u64,
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        self.records += other.records;
        self.bytes += other.bytes;
    }
}

/// A finished measurement.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// The action.
    pub(super) name: &'static str,
    /// What was appended or read before the clock started: it counts in the sum and not in what is said by the second or the record.
    pub(super) untimed: Amount,
    /// What was appended or read by the clock.
    pub(super) timed: Amount,
    pub(super) elapsed: Duration,
    /// CPU time of this process while it lasted.
    pub(super) cpu: Option<Duration>,
    /// Latencies by name.
    pub(super) latencies: Vec<(&'static str, Latencies)>,
    /// Whatever else there is to say: name and value.
    pub(super) notes: Vec<(&'static str, Value)>,
}

impl Report {
    fn records_per_second(&self) -> f64 {
        self.timed.records as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    fn megabytes_per_second(&self) -> f64 {
        self.timed.bytes as f64 / self.elapsed.as_secs_f64().max(1e-9) / 1e6
    }

    fn cpu_per_record_us(&self) -> Option<f64> {
        self.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / self.timed.records.max(1) as f64)
    }

    fn sum(&self) -> Amount {
        let mut sum = self.untimed;
        sum += self.timed;
        sum
    }

    /// One object; times in milliseconds unless they say otherwise.
    pub(super) fn as_json(&self) -> Value {
        let Amount { records, bytes } = self.sum();
        let mut report = json!({
            "bench": self.name,
            "records": records,
            "bytes": bytes,
            "untimed_records": self.untimed.records,
            "seconds": self.elapsed.as_secs_f64(),
            "records_per_second": self.records_per_second(),
            "megabytes_per_second": self.megabytes_per_second(),
            "cpu_seconds": self.cpu.map(|cpu| cpu.as_secs_f64()),
            "cpu_us_per_record": self.cpu_per_record_us(),
            "peak_memory_bytes": usage::peak_memory_bytes(),
        });
        for (name, latencies) in &self.latencies {
            report[format!("{name}_latency_ms")] = latencies.as_json();
        }
        for (name, value) in &self.notes {
            report[*name] = value.clone();
        }
        report
    }

    /// Lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let Amount { records, bytes } = self.sum();
        let mut lines = vec![format!(
            "{}: {} records, {:.1} MB in {}: {} records/s, {:.1} MB/s",
            self.name,
            output::count(records),
            bytes as f64 / 1e6,
            short_span(self.elapsed),
            output::count(self.records_per_second() as u64),
            self.megabytes_per_second()
        )];
        if let (Some(cpu), Some(per_record)) = (self.cpu, self.cpu_per_record_us()) {
            lines.push(format!("CPU of this process: {:.2} s, {per_record:.3} µs a record", cpu.as_secs_f64()));
        }
        if let Some(bytes) = usage::peak_memory_bytes() {
            lines.push(format!("peak memory of this process: {}", output::bytes(bytes)));
        }
        lines.extend(self.notes.iter().map(|(name, value)| format!("{}: {value}", name.replace('_', " "))));
        for (name, latencies) in self.latencies.iter().filter(|(_, latencies)| latencies.known().is_some()) {
            let quantiles = latencies.quantiles().into_iter().map(|(name, latency)| format!("{name} {}", short_span(latency)));
            lines.push(format!("{name} latency: {}", quantiles.collect::<Vec<_>>().join(", ")));
            lines.extend(latencies.bars());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut latencies = Latencies::new();
        latencies.record(Duration::from_micros(100), 98);
        latencies.record(Duration::from_millis(3), 2);
        Report {
            name: "produce",
            untimed: Amount { records: 1, bytes: 1000 },
            timed: Amount { records: 2_000_000, bytes: 200_000_000 },
            elapsed: Duration::from_secs(2),
            cpu: Some(Duration::from_secs(1)),
            latencies: vec![("acknowledgement", latencies), ("none", Latencies::new())],
            notes: vec![("records_lost", json!(0))],
        }
    }

    #[test]
    fn people_get_rates_quantiles_and_bars() {
        let mut lines = report().lines();
        lines.retain(|line| !line.starts_with("peak memory"));
        let expected = [
            "produce: 2,000,001 records, 200.0 MB in 2.00 s: 1,000,000 records/s, 100.0 MB/s",
            "CPU of this process: 1.00 s, 0.500 µs a record",
            "records lost: 0",
            "acknowledgement latency: p50 100 µs, p90 100 µs, p99 3.00 ms, p99.9 3.00 ms, max 3.00 ms",
            "  <     128 µs              98  ████████████████████████████████████████",
            "  <     256 µs               0",
            "  <     512 µs               0",
            "  <    1.02 ms               0",
            "  <    2.05 ms               0",
            "  <    4.10 ms               2  █",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn programs_get_the_same_as_numbers() {
        let value = report().as_json();
        assert_eq!((&value["records"], &value["bytes"], &value["untimed_records"]), (&json!(2_000_001), &json!(200_001_000), &json!(1)));
        assert_eq!((&value["records_per_second"], &value["megabytes_per_second"]), (&json!(1e6), &json!(100.0)));
        assert_eq!(value["cpu_us_per_record"], 0.5);
        assert_eq!(value["records_lost"], 0);
        assert_eq!(value["acknowledgement_latency_ms"]["p50"], 0.1);
        assert!(value["none_latency_ms"].as_object().is_some_and(serde_json::Map::is_empty));
    }
}
