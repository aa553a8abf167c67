-- Version 1 of the results database. Times are UTC microseconds; durations are seconds. Numbers that
-- are not finite are stored as NULL, and results.nonfinite says which they were. The views v_*
-- (schemas/views.sql) are the public contract; the tables may change with a migration.

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  number INTEGER NOT NULL,
  title TEXT NOT NULL,
  labels TEXT NOT NULL,
  gpu_us INTEGER NOT NULL
) STRICT;

CREATE TABLE videos (
  id INTEGER PRIMARY KEY,
  video TEXT NOT NULL,
  path TEXT NOT NULL,
  digest TEXT NOT NULL,
  caption TEXT NOT NULL,
  UNIQUE (video, digest, caption)
) STRICT;

CREATE TABLE datasets (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  videos INTEGER NOT NULL
) STRICT;

CREATE TABLE dataset_videos (
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  position INTEGER NOT NULL,
  video_id INTEGER NOT NULL REFERENCES videos (id),
  PRIMARY KEY (dataset_id, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX dataset_videos_by_video ON dataset_videos (dataset_id, video_id);

CREATE TABLE submissions (
  id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL REFERENCES series (id),
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  time_us INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  retry_crash INTEGER NOT NULL,
  retry_oom INTEGER NOT NULL,
  retry_lost INTEGER NOT NULL,
  backoff_base_us INTEGER NOT NULL,
  backoff_max_us INTEGER NOT NULL,
  fail_fast INTEGER NOT NULL CHECK (fail_fast IN (0, 1)),
  max_failed_jobs INTEGER NOT NULL,
  max_gpu_hours REAL NOT NULL,
  job_time_limit_us INTEGER NOT NULL,
  stop_kind TEXT NOT NULL CHECK (stop_kind IN ('', 'median', 'asha')),
  stop_metric TEXT NOT NULL,
  stop_lower_is_better INTEGER NOT NULL CHECK (stop_lower_is_better IN (0, 1)),
  stop_min_items INTEGER NOT NULL,
  stop_factor INTEGER NOT NULL,
  stop_spared TEXT NOT NULL,
  gpus INTEGER NOT NULL,
  gpu_memory_bytes INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL,
  sweep_text TEXT NOT NULL,
  baseline TEXT NOT NULL,
  tables TEXT NOT NULL CHECK (json_valid(tables)),
  report_settings TEXT NOT NULL CHECK (json_valid(report_settings))
) STRICT;
CREATE INDEX submissions_by_series ON submissions (series_id);

CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  method TEXT NOT NULL,
  backbone TEXT NOT NULL,
  model_digest TEXT NOT NULL,
  lora_digest TEXT NOT NULL,
  engine_semantics INTEGER NOT NULL,
  metric_definitions INTEGER NOT NULL,
  parameters TEXT NOT NULL CHECK (json_valid(parameters)),
  definition BLOB NOT NULL,
  owner_series_id INTEGER NOT NULL REFERENCES series (id),
  owner_name TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  seed INTEGER GENERATED ALWAYS AS (json_extract(parameters, '$.seed')) VIRTUAL,
  replicate INTEGER GENERATED ALWAYS AS (json_extract(parameters, '$.replicate')) VIRTUAL
) STRICT;

-- Every metric that a result has named. Those of schemas/metrics.def are here from the start.
CREATE TABLE metrics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- The weights that a run's metrics are computed with, by content.
CREATE TABLE run_weights (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  metric_id INTEGER NOT NULL REFERENCES metrics (id),
  digest TEXT NOT NULL,
  PRIMARY KEY (run_id, metric_id)
) STRICT, WITHOUT ROWID;

-- A run's place in a series. The current holder of a name has superseded = 0. origins: by parameter,
-- {layer, file, line, column}; a parameter that is not named has its schema's default.
CREATE TABLE series_runs (
  series_id INTEGER NOT NULL REFERENCES series (id),
  name TEXT NOT NULL,
  run_id INTEGER NOT NULL REFERENCES runs (id),
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  labels TEXT NOT NULL,
  position INTEGER NOT NULL,
  superseded INTEGER NOT NULL CHECK (superseded IN (0, 1)),
  origins TEXT CHECK (origins IS NULL OR json_valid(origins)),
  PRIMARY KEY (series_id, name, run_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX series_runs_current ON series_runs (series_id, name) WHERE superseded = 0;
CREATE INDEX series_runs_by_run ON series_runs (run_id);

-- state, cause and stop_reason hold numbers of coordinator/core/state.h; state_names, cause_names and
-- stop_reason_names spell them out. score: the metric of the series' stop rule, of a done job. A digest follows from the run and the video, so jobs_by_run makes it unique; an index of
-- its own, over values without order, would cost most of the time of a large submission.
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  run_id INTEGER NOT NULL REFERENCES runs (id),
  video_id INTEGER NOT NULL REFERENCES videos (id),
  submission_id INTEGER NOT NULL REFERENCES submissions (id),
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 8),
  cause INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 7),
  failure_expected INTEGER NOT NULL CHECK (failure_expected IN (0, 1)),
  worker_kills INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  ooms INTEGER NOT NULL,
  losses INTEGER NOT NULL,
  stop_reason INTEGER NOT NULL CHECK (stop_reason BETWEEN 0 AND 4),
  recompute INTEGER NOT NULL CHECK (recompute IN (0, 1)),
  score REAL,
  memory_above_mib INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  reported_attempt INTEGER NOT NULL,
  ready_us INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX jobs_by_run ON jobs (run_id, video_id);
-- Few jobs fail: listing them must not read all.
CREATE INDEX jobs_failed ON jobs (run_id, video_id) WHERE state IN (4, 7);

CREATE TABLE state_names (state INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO state_names (state, name) VALUES (0, 'queued'), (1, 'blocked'), (2, 'leased'), (3, 'done'),
  (4, 'failed'), (5, 'cancelled'), (6, 'paused'), (7, 'quarantined'), (8, 'stopped');

CREATE TABLE stop_reason_names (stop_reason INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO stop_reason_names (stop_reason, name) VALUES (1, 'median'), (2, 'asha'), (3, 'budget'),
  (4, 'overruled');

CREATE TABLE cause_names (cause INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO cause_names (cause, name) VALUES (1, 'data'), (2, 'oom'), (3, 'diverged'), (4, 'crash'),
  (5, 'timeout'), (6, 'lost'), (7, 'user');

CREATE TABLE outcome_names (outcome INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
INSERT INTO outcome_names (outcome, name) VALUES (0, 'open'), (1, 'done'), (2, 'failed'), (3, 'lost'),
  (4, 'returned'), (5, 'cancelled');

CREATE TABLE workers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  machine TEXT NOT NULL,
  pid INTEGER NOT NULL,
  device TEXT NOT NULL,
  device_name TEXT NOT NULL,
  engine_build TEXT NOT NULL,
  gpus INTEGER NOT NULL,
  gpu_memory_bytes INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL,
  joined_us INTEGER NOT NULL,
  left_us INTEGER
) STRICT;
CREATE INDEX workers_here ON workers (name) WHERE left_us IS NULL;

CREATE TABLE attempts (
  job_id INTEGER NOT NULL REFERENCES jobs (id),
  attempt INTEGER NOT NULL CHECK (attempt >= 1),
  worker_id INTEGER NOT NULL REFERENCES workers (id),
  lease INTEGER NOT NULL,
  position INTEGER NOT NULL,
  granted_us INTEGER NOT NULL,
  ended_us INTEGER,
  outcome INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 5),
  worker_started_us INTEGER,
  worker_finished_us INTEGER,
  cause INTEGER NOT NULL CHECK (cause BETWEEN 0 AND 7),
  detail TEXT,
  message TEXT,
  log_tail TEXT,
  PRIMARY KEY (job_id, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_open ON attempts (lease, position) WHERE outcome = 0;

-- Where and with what results were computed, each combination once: the fields of
-- record/provenance.h that many results share.
CREATE TABLE environments (
  id INTEGER PRIMARY KEY,
  machine TEXT NOT NULL,
  device TEXT NOT NULL,
  device_name TEXT NOT NULL,
  driver TEXT NOT NULL,
  dtype TEXT NOT NULL,
  engine_build TEXT NOT NULL,
  torch_version TEXT NOT NULL,
  model_digest TEXT NOT NULL,
  gpus INTEGER NOT NULL,
  threads INTEGER NOT NULL,
  kernels TEXT NOT NULL
) STRICT;

-- One row per finished job. Columns named as the fields of record/stage_timings.h,
-- record/adaptation_summary.h and record/provenance.h hold these.
CREATE TABLE results (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
  attempt INTEGER NOT NULL,
  worker_id INTEGER NOT NULL REFERENCES workers (id),
  environment_id INTEGER NOT NULL REFERENCES environments (id),
  time_us INTEGER NOT NULL,
  nonfinite TEXT,
  scored_frames INTEGER NOT NULL,
  load_model_s REAL,
  decode_s REAL,
  encode_s REAL,
  train_s REAL,
  early_stop_s REAL,
  generate_s REAL,
  latent_decode_s REAL,
  metrics_s REAL,
  write_s REAL,
  alone_s REAL,
  spent_s REAL,
  trainable_parameters INTEGER NOT NULL,
  steps_run INTEGER NOT NULL,
  best_step INTEGER NOT NULL,
  stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),
  parameter_norm REAL,
  peak_memory_bytes INTEGER NOT NULL,
  video_digest TEXT NOT NULL,
  backbone_checksum INTEGER NOT NULL,
  trajectory TEXT NOT NULL,
  generation TEXT NOT NULL,
  generated_path TEXT NOT NULL,
  reference_path TEXT NOT NULL,
  reference_digest TEXT NOT NULL
) STRICT;

-- A job's value in each of its metrics. Written with its row of results, so without REFERENCES: to
-- check them would cost a tenth of what saving a result costs.
CREATE TABLE result_metrics (
  job_id INTEGER NOT NULL,
  metric_id INTEGER NOT NULL,
  mean REAL,
  PRIMARY KEY (job_id, metric_id)
) STRICT, WITHOUT ROWID;

-- The long parts of a result, apart so that tables over many results do not read them. Without
-- REFERENCES as above.
CREATE TABLE result_details (
  job_id INTEGER PRIMARY KEY,
  per_frame TEXT NOT NULL,
  losses TEXT NOT NULL,
  anchor_losses TEXT NOT NULL,
  shared_with TEXT NOT NULL CHECK (json_valid(shared_with))
) STRICT;

-- Feature vectors by content: little-endian float32. Jobs that share a generation share them.
CREATE TABLE features (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;

-- What a job contributes to a metric of scope `set`.
CREATE TABLE result_features (
  job_id INTEGER NOT NULL REFERENCES results (job_id),
  metric_id INTEGER NOT NULL REFERENCES metrics (id),
  feature_id INTEGER NOT NULL REFERENCES features (id),
  PRIMARY KEY (job_id, metric_id)
) STRICT, WITHOUT ROWID;

-- Totals of each run on each data set that a series names it with, kept in the transaction of every
-- result, so that a leaderboard does not read the results. Sums are of the finite values, and their
-- number stands next to them.
CREATE TABLE run_totals (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  results INTEGER NOT NULL,
  nonfinite_results INTEGER NOT NULL,
  train_s_sum REAL NOT NULL,
  train_s_count INTEGER NOT NULL,
  early_stop_s_sum REAL NOT NULL,
  early_stop_s_count INTEGER NOT NULL,
  generate_s_sum REAL NOT NULL,
  generate_s_count INTEGER NOT NULL,
  alone_s_sum REAL NOT NULL,
  alone_s_count INTEGER NOT NULL,
  PRIMARY KEY (run_id, dataset_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE metric_totals (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  metric_id INTEGER NOT NULL REFERENCES metrics (id),
  sum REAL NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (run_id, dataset_id, metric_id)
) STRICT, WITHOUT ROWID;
-- Views look up whether a metric was measured at all.
CREATE INDEX metric_totals_by_metric ON metric_totals (metric_id);

-- The environments that results of a run on a data set come from.
CREATE TABLE run_environments (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  environment_id INTEGER NOT NULL REFERENCES environments (id),
  PRIMARY KEY (run_id, dataset_id, environment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY,
  time_us INTEGER NOT NULL,
  kind TEXT NOT NULL,
  series_id INTEGER,
  run_id INTEGER,
  video_id INTEGER,
  job_id INTEGER,
  worker_id INTEGER,
  attempt INTEGER,
  message TEXT
) STRICT;

-- What must outlive a restart and is in no row.
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('last_lease', 0);

-- The digest of the text that the views were made from. A program with other views, or other metrics,
-- makes its own.
CREATE TABLE view_source (digest TEXT NOT NULL) STRICT;
INSERT INTO view_source (digest) VALUES ('');
