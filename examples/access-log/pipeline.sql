-- A web server's access log becomes statistics per minute: requests, bytes and distinct clients for each status class.
--
--   headwater run examples/access-log/pipeline.sql --data-dir data --set input=access.log --set output=out
--
-- Running it again on the same data directory continues where it stopped; nothing is read or written twice.

-- Each line of the file becomes a record of the topic access_log. A line that is no text (UTF-8), or longer than line.max.bytes (1,000,000 unless set
-- otherwise), goes to access_log_dead with the reason and its place in the file; the rest goes on.
CREATE SOURCE CONNECTOR access_log_file WITH (
  'connector.class' = 'FileStreamSource',
  'file' = '${input:-access.log}',
  'topic' = 'access_log',
  'value.converter' = 'StringConverter',
  'errors.tolerance' = 'all',
  'errors.deadletterqueue.topic.name' = 'access_log_dead'
);

-- The lines, in Apache's combined format. A quoted field may hold escaped quotes; "-" stands for nothing.
-- Lines that do not match go to access_log_dead, with the reason and where they were read.
CREATE STREAM access_log (
  client VARCHAR,
  time TIMESTAMP,
  request VARCHAR,
  status INT,
  bytes BIGINT,
  referrer VARCHAR,
  agent VARCHAR
) WITH (
  topic = 'access_log',
  format = 'regex',
  pattern = '(?<client>\S+) \S+ \S+ \[(?<time>[^\]]+)\] "(?<request>(?:[^"\\]|\\.)*)" (?<status>\d{3}) (?<bytes>\d+|-) "(?<referrer>(?:[^"\\]|\\.)*)" "(?<agent>(?:[^"\\]|\\.)*)"',
  timestamp.format = '%d/%b/%Y:%H:%M:%S %z',
  null.text = '-',
  dead.letter.topic = 'access_log_dead'
);

-- The requests, with the line's own time as event time. Lines are written when a request ends, so they may be out of order: up to a minute.
CREATE STREAM requests (
  WATERMARK FOR time AS time - INTERVAL '1' MINUTE
) WITH (
  topic = 'requests'
) AS
SELECT
  client,
  time,
  split_part(request, ' ', 1) AS method,
  split_part(request, ' ', 2) AS path,
  status,
  coalesce(bytes, 0) AS bytes,
  referrer,
  agent
FROM access_log;

-- One row per minute and status class, put out once no more requests of that minute can come.
CREATE TABLE traffic WITH (
  topic = 'traffic'
) AS
SELECT
  window_start,
  concat(CAST(status / 100 AS VARCHAR), 'xx') AS status_class,
  count(*) AS requests,
  sum(bytes) AS bytes,
  count(DISTINCT client) AS clients
FROM requests
GROUP BY TUMBLE(time, INTERVAL '1' MINUTE), status_class
EMIT ON WINDOW CLOSE;

-- The rows as JSON lines. The names of the files hold the offsets of their records, which is what makes the output exact after a crash.
CREATE SINK CONNECTOR traffic_files WITH (
  'connector.class' = 'JsonFileSink',
  'topics' = 'traffic',
  'directory' = '${output:-out}',
  'value.converter' = 'JsonConverter',
  'value.converter.schemas.enable' = 'false'
);
