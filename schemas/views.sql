-- Results, runs, jobs and their history by name, for people and reports. Views store nothing: a
-- coordinator that opens a database creates them again if this file or the registry of metrics has
-- changed.
--
-- {each KIND|TEXT} becomes one TEXT for each entry of a list, with $name replaced:
--   metric       metrics with a value per job; $id in the table metrics, $weights of its weights
--   weights      metrics that need weights; $id
--   timing       fields of record/stage_timings.h
--   environment  fields of record/provenance.h in the table environments
--   adaptation   fields of record/adaptation_summary.h; $table x (results) or y (result_details)
-- `CASE WHEN EXISTS (... metric_totals ...)` asks once a statement whether the database has the metric
-- at all, so that the many that nobody measured cost no look-up a row.

-- One row per series, with what its newest submission says. baseline: `run` or `series/run`, "" when
-- none is named; tables: JSON, a list of {title, rows, columns}; report_settings: JSON, {controls,
-- equivalence}; keep: JSON, which generated videos `cox gc` keeps; gpu_hours: what attempts of its jobs
-- that finished or failed took of the workers' time.
CREATE VIEW v_series AS
SELECT
  s.name AS series, s.number AS number, s.title AS title, s.labels AS labels,
  d.name AS dataset, d.digest AS dataset_digest, u.baseline AS baseline, u.tables AS tables,
  u.report_settings AS report_settings, u.keep AS keep, s.gpu_us / 3.6e9 AS gpu_hours,
  u.sweep_text AS sweep_text, u.time_us AS submitted_us
FROM series s
JOIN submissions u ON u.id = (SELECT max(id) FROM submissions WHERE series_id = s.id)
JOIN datasets d ON d.id = u.dataset_id;

-- An item is a video or a prompt. Columns named video hold an item's id, columns named videos a number
-- of items; item and items are the same under the better name.

-- One row per name in a series that a run holds or held, with where its jobs stand and the means
-- over its finished videos. From the totals: no job and no result is read.
CREATE VIEW v_runs AS
SELECT
  s.name AS series, s.number AS series_number, m.name AS run, m.position AS position,
  r.digest AS run_digest, r.method AS method, r.backbone AS backbone,
  r.parameters AS parameters, m.labels AS labels, r.seed AS seed, r.replicate AS replicate,
  r.model_digest AS model_digest, r.lora_digest AS lora_digest,
  {each weights|coalesce(CASE WHEN EXISTS (SELECT 1 FROM run_weights z WHERE z.metric_id = $id) THEN
    (SELECT w.digest FROM run_weights w
     WHERE w.run_id = r.id AND w.metric_id = $id) END, '') AS $name_weights_digest, }
  m.origins AS origins,
  (SELECT group_concat(t.tag, ', ') FROM run_tags t WHERE t.run_id = r.id) AS tags,
  (SELECT n.note FROM run_notes n WHERE n.run_id = r.id) AS note,
  r.engine_semantics AS engine_semantics,
  r.metric_definitions AS metric_definitions, d.name AS dataset, d.digest AS dataset_digest,
  (SELECT f.kind FROM dataset_videos g JOIN videos f ON f.id = g.video_id
   WHERE g.dataset_id = m.dataset_id LIMIT 1) AS item_kind,
  o.name AS owner_series, r.owner_name AS owner_run, r.created_us AS created_us,
  m.superseded AS superseded,
  d.videos AS videos,
  coalesce(sum(t.queued), 0) AS queued, coalesce(sum(t.blocked), 0) AS blocked,
  coalesce(sum(t.leased), 0) AS leased, coalesce(sum(t.done), 0) AS done,
  coalesce(sum(t.failed - t.failed_as_expected), 0) AS failed,
  coalesce(sum(t.failed_as_expected), 0) AS failed_as_expected,
  coalesce(sum(t.cancelled), 0) AS cancelled, coalesce(sum(t.paused), 0) AS paused,
  coalesce(sum(t.quarantined), 0) AS quarantined, coalesce(sum(t.stopped), 0) AS stopped,
  coalesce(x.nonfinite_results, 0) AS nonfinite_results,
  {each metric|CASE WHEN EXISTS (SELECT 1 FROM metric_totals z WHERE z.metric_id = $id) THEN
    (SELECT q.sum / nullif(q.count, 0) FROM metric_totals q WHERE q.run_id = m.run_id
     AND q.dataset_id = m.dataset_id AND q.metric_id = $id) END AS $name, }
  x.train_s_sum / nullif(x.train_s_count, 0) AS train_s,
  x.early_stop_s_sum / nullif(x.early_stop_s_count, 0) AS early_stop_s,
  x.generate_s_sum / nullif(x.generate_s_count, 0) AS generate_s,
  x.alone_s_sum / nullif(x.alone_s_count, 0) AS total_s, d.videos AS items
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN datasets d ON d.id = m.dataset_id
JOIN series o ON o.id = r.owner_series_id
LEFT JOIN run_totals x ON x.run_id = m.run_id AND x.dataset_id = m.dataset_id
LEFT JOIN job_totals t ON t.run_id = m.run_id AND t.dataset_id = m.dataset_id
GROUP BY s.name, m.position, m.name, r.digest;

-- One row per current run of a series with where its jobs stand: what `cox status` counts. From the
-- totals of jobs by state, so that no job is read.
CREATE VIEW v_run_states AS
SELECT
  s.name AS series, m.position AS position, m.name AS run, r.digest AS run_digest,
  r.method AS method, o.name AS owner_series, r.owner_name AS owner_run,
  r.created_us AS created_us, d.videos AS videos,
  coalesce(sum(t.queued), 0) AS queued, coalesce(sum(t.blocked), 0) AS blocked,
  coalesce(sum(t.leased), 0) AS leased, coalesce(sum(t.done), 0) AS done,
  coalesce(sum(t.failed - t.failed_as_expected), 0) AS failed,
  coalesce(sum(t.failed_as_expected), 0) AS failed_as_expected,
  coalesce(sum(t.cancelled), 0) AS cancelled, coalesce(sum(t.paused), 0) AS paused,
  coalesce(sum(t.quarantined), 0) AS quarantined, coalesce(sum(t.stopped), 0) AS stopped,
  d.videos AS items
FROM series s
CROSS JOIN series_runs m ON m.series_id = s.id AND m.superseded = 0
JOIN runs r ON r.id = m.run_id
JOIN datasets d ON d.id = m.dataset_id
JOIN series o ON o.id = r.owner_series_id
LEFT JOIN job_totals t ON t.run_id = m.run_id AND t.dataset_id = m.dataset_id
GROUP BY s.name, m.name, m.run_id;

-- Queued jobs of each series by what they ask of a worker. From the totals of jobs by state; only jobs
-- that ran out of a GPU's memory are read, and are counted with what they need now.
CREATE VIEW v_queued AS
SELECT
  series, sum(jobs) AS jobs, needs_gpus, needs_gpu_memory_bytes, needs_memory_bytes
FROM (
  SELECT
    s.name AS series, t.queued AS jobs, g.gpus AS needs_gpus,
    g.gpu_memory_bytes AS needs_gpu_memory_bytes, g.memory_bytes AS needs_memory_bytes
  FROM series_runs m
  JOIN series s ON s.id = m.series_id
  JOIN job_totals t ON t.run_id = m.run_id AND t.dataset_id = m.dataset_id AND t.queued > 0
  JOIN submissions g ON g.id = (SELECT max(id) FROM submissions WHERE series_id = t.series_id)
  WHERE m.superseded = 0
  UNION ALL
  SELECT
    s.name, c.jobs, max(g.gpus, c.is_escalated),
    max(g.gpu_memory_bytes, c.is_escalated * ((j.memory_above_mib << 20) + 1)), g.memory_bytes
  FROM (SELECT -1 AS jobs, 0 AS is_escalated UNION ALL SELECT 1, 1) c
  CROSS JOIN jobs j
  JOIN series_runs m ON m.run_id = j.run_id AND m.superseded = 0
  JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id AND dv.video_id = j.video_id
  JOIN series s ON s.id = m.series_id
  JOIN submissions u ON u.id = j.submission_id
  JOIN submissions g ON g.id = (SELECT max(id) FROM submissions WHERE series_id = u.series_id)
  WHERE j.memory_above_mib > 0 AND j.state = 0
)
GROUP BY series, needs_gpus, needs_gpu_memory_bytes, needs_memory_bytes
HAVING sum(jobs) > 0;

-- The jobs that workers hold, under the names of the run's owner.
CREATE VIEW v_running AS
SELECT
  o.name AS series, r.owner_name AS run, v.video AS item, w.name AS worker,
  a.granted_us AS granted_us, a.attempt AS attempt, lower(hex(j.digest)) AS job_digest
FROM attempts a
JOIN jobs j ON j.id = a.job_id
JOIN runs r ON r.id = j.run_id
JOIN series o ON o.id = r.owner_series_id
JOIN videos v ON v.id = j.video_id
JOIN workers w ON w.id = a.worker_id
WHERE a.outcome = 0;

-- One row per series x run x finished item. An item is a video or a prompt: the columns named video hold its
-- id, in every view. schemas/result_columns.cpp explains each column.
CREATE VIEW v_results AS
SELECT
  s.name AS series, m.name AS run, r.method AS method, v.video AS video,
  dv.position AS video_position, d.name AS dataset,
  {each metric|CASE WHEN EXISTS (SELECT 1 FROM metric_totals z WHERE z.metric_id = $id) THEN
    (SELECT q.mean FROM result_metrics q
     WHERE q.job_id = x.job_id AND q.metric_id = $id) END AS $name, }
  nullif((SELECT json_group_object(k.name, q.mean) FROM result_metrics q
    JOIN metrics k ON k.id = q.metric_id
    WHERE q.job_id = x.job_id AND q.metric_id NOT IN ({each metric|$id, }0)), '{}') AS other_metrics,
  x.nonfinite AS nonfinite, x.scored_frames AS scored_frames, y.per_frame AS per_frame,
  {each timing|x.$name AS $name, }
  x.alone_s AS total_s,
  {each adaptation|$table.$name AS $name, }
  r.seed AS seed, r.replicate AS replicate, x.attempt AS attempt, w.name AS worker,
  {each environment|e.$name AS $name, }
  r.lora_digest AS lora_digest,
  {each weights|coalesce(CASE WHEN EXISTS (SELECT 1 FROM run_weights z WHERE z.metric_id = $id) THEN
    (SELECT w.digest FROM run_weights w
     WHERE w.run_id = r.id AND w.metric_id = $id) END, '') AS $name_weights_digest, }
  x.video_digest AS video_digest,
  printf('%016x', x.backbone_checksum) AS backbone_checksum,
  x.trajectory AS trajectory, x.generation AS generation, y.shared_with AS shared_with,
  x.peak_memory_bytes AS peak_memory_bytes,
  x.generated_path AS generated_path, x.reference_path AS reference_path,
  x.reference_digest AS reference_digest,
  x.time_us AS time_us, r.digest AS run_digest, lower(hex(j.digest)) AS job_digest,
  v.video AS item, v.kind AS item_kind, replace(v.dimensions, char(10), ', ') AS dimensions
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN datasets d ON d.id = m.dataset_id
JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id
JOIN videos v ON v.id = dv.video_id
JOIN jobs j ON j.run_id = m.run_id AND j.video_id = dv.video_id
JOIN results x ON x.job_id = j.id
JOIN environments e ON e.id = x.environment_id
JOIN workers w ON w.id = x.worker_id
LEFT JOIN result_details y ON y.job_id = x.job_id
WHERE m.superseded = 0;

-- One row per series x run x finished video x metric, for readers that take any metric.
CREATE VIEW v_metrics AS
SELECT
  s.name AS series, m.name AS run, v.video AS video, dv.position AS video_position,
  k.name AS metric, q.mean AS mean, r.digest AS run_digest, lower(hex(j.digest)) AS job_digest,
  v.video AS item
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id
JOIN videos v ON v.id = dv.video_id
JOIN jobs j ON j.run_id = m.run_id AND j.video_id = dv.video_id
JOIN result_metrics q ON q.job_id = j.id
JOIN metrics k ON k.id = q.metric_id
WHERE m.superseded = 0;

-- What each finished video contributes to a metric of scope `set`: little-endian float32.
CREATE VIEW v_features AS
SELECT
  s.name AS series, m.name AS run, d.digest AS dataset_digest, v.video AS video,
  dv.position AS video_position, v.digest AS video_digest, k.name AS metric, f.bytes AS features,
  r.digest AS run_digest, lower(hex(j.digest)) AS job_digest,
  v.video AS item
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN datasets d ON d.id = m.dataset_id
JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id
JOIN videos v ON v.id = dv.video_id
JOIN jobs j ON j.run_id = m.run_id AND j.video_id = dv.video_id
JOIN result_features g ON g.job_id = j.id
JOIN metrics k ON k.id = g.metric_id
JOIN features f ON f.id = g.feature_id
WHERE m.superseded = 0;

-- Results that were published elsewhere, by `cox import-results`: for reading beside the measured ones.
-- metric is a metric's name, train_s or generate_s; deviation is that between videos.
CREATE VIEW v_published AS
SELECT source, series, run, metric, mean, deviation, videos, videos AS items
FROM published_results;

-- One row per current run of a series: means over its finished videos, and how many those are. Means
-- over different videos do not compare: see v_pairs.
CREATE VIEW v_leaderboard AS
SELECT
  s.name AS series, m.position AS position, m.name AS run, r.method AS method,
  d.name AS dataset, d.videos AS videos, coalesce(t.results, 0) AS done,
  coalesce((SELECT sum(b.failed + b.quarantined) FROM job_totals b
   WHERE b.run_id = m.run_id AND b.dataset_id = m.dataset_id), 0) AS failed,
  coalesce(t.nonfinite_results, 0) AS nonfinite_results,
  {each metric|CASE WHEN EXISTS (SELECT 1 FROM metric_totals z WHERE z.metric_id = $id) THEN
    (SELECT q.sum / nullif(q.count, 0) FROM metric_totals q WHERE q.run_id = m.run_id
     AND q.dataset_id = m.dataset_id AND q.metric_id = $id) END AS $name, }
  t.train_s_sum / nullif(t.train_s_count, 0) AS train_s,
  t.early_stop_s_sum / nullif(t.early_stop_s_count, 0) AS early_stop_s,
  t.generate_s_sum / nullif(t.generate_s_count, 0) AS generate_s,
  t.alone_s_sum / nullif(t.alone_s_count, 0) AS total_s,
  (SELECT count(*) FROM run_environments n
   WHERE n.run_id = m.run_id AND n.dataset_id = m.dataset_id) AS environments,
  r.digest AS run_digest, d.videos AS items
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN datasets d ON d.id = m.dataset_id
LEFT JOIN run_totals t ON t.run_id = m.run_id AND t.dataset_id = m.dataset_id
WHERE m.superseded = 0;

-- The totals of every run on every data set, counted from the results and from the jobs.
CREATE VIEW counted_totals AS
SELECT
  j.run_id AS run_id, dv.dataset_id AS dataset_id,
  count(*) AS results, sum(x.nonfinite IS NOT NULL) AS nonfinite_results,
  total(x.train_s) AS train_s_sum, count(x.train_s) AS train_s_count,
  total(x.early_stop_s) AS early_stop_s_sum, count(x.early_stop_s) AS early_stop_s_count,
  total(x.generate_s) AS generate_s_sum, count(x.generate_s) AS generate_s_count,
  total(x.alone_s) AS alone_s_sum, count(x.alone_s) AS alone_s_count
FROM jobs j
JOIN results x ON x.job_id = j.id
JOIN dataset_videos dv ON dv.video_id = j.video_id
GROUP BY j.run_id, dv.dataset_id;

CREATE VIEW counted_metric_totals AS
SELECT
  j.run_id AS run_id, dv.dataset_id AS dataset_id, q.metric_id AS metric_id,
  total(q.mean) AS sum, count(q.mean) AS count
FROM jobs j
JOIN result_metrics q ON q.job_id = j.id
JOIN dataset_videos dv ON dv.video_id = j.video_id
GROUP BY j.run_id, dv.dataset_id, q.metric_id;

CREATE VIEW counted_job_totals AS
SELECT
  j.run_id AS run_id, dv.dataset_id AS dataset_id, u.series_id AS series_id,
  sum(j.state IS 0) AS queued, sum(j.state IS 1) AS blocked, sum(j.state IS 2) AS leased,
  sum(j.state IS 3) AS done, sum(j.state IS 4) AS failed, sum(j.state IS 5) AS cancelled,
  sum(j.state IS 6) AS paused, sum(j.state IS 7) AS quarantined, sum(j.state IS 8) AS stopped,
  sum(j.state IS 4 AND j.failure_expected AND j.cause = 1) AS failed_as_expected
FROM (SELECT DISTINCT run_id, dataset_id FROM series_runs) m
CROSS JOIN jobs j ON j.run_id = m.run_id
JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id AND dv.video_id = j.video_id
JOIN submissions u ON u.id = j.submission_id
GROUP BY j.run_id, dv.dataset_id, u.series_id;

CREATE VIEW counted_environments AS
SELECT DISTINCT
  j.run_id AS run_id, dv.dataset_id AS dataset_id, x.environment_id AS environment_id
FROM jobs j
JOIN results x ON x.job_id = j.id
JOIN dataset_videos dv ON dv.video_id = j.video_id;

-- The current runs of every series by their names, without a look at their jobs. tags: what `cox label`
-- gave the run, in order; note: likewise.
CREATE VIEW v_names AS
SELECT
  s.name AS series, m.position AS position, m.name AS run, r.digest AS run_digest,
  r.method AS method, o.name AS owner_series, r.owner_name AS owner_run,
  (SELECT group_concat(t.tag, ', ') FROM run_tags t WHERE t.run_id = r.id) AS tags,
  (SELECT n.note FROM run_notes n WHERE n.run_id = r.id) AS note
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN series o ON o.id = r.owner_series_id
WHERE m.superseded = 0;

-- Wall seconds of each stage of each result, with what they were measured on. waited_s is the time
-- from submission to the grant of the attempt that delivered.
CREATE VIEW v_timings AS
SELECT
  s.name AS series, m.name AS run, r.method AS method, v.video AS video,
  (a.granted_us - u.time_us) / 1e6 AS waited_s,
  {each timing|x.$name AS $name, }
  x.alone_s AS total_s,
  x.steps_run AS steps_run,
  {each environment|e.$name AS $name, }
  lower(hex(j.digest)) AS job_digest,
  v.video AS item
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id
JOIN videos v ON v.id = dv.video_id
JOIN jobs j ON j.run_id = m.run_id AND j.video_id = dv.video_id
JOIN results x ON x.job_id = j.id
JOIN environments e ON e.id = x.environment_id
JOIN submissions u ON u.id = j.submission_id
LEFT JOIN attempts a ON a.job_id = x.job_id AND a.attempt = x.attempt
WHERE m.superseded = 0;

-- The columns of v_failures and v_newest_failures; reading it in either order is quick.
CREATE VIEW failure_details AS
SELECT
  j.id AS job_id, s.name AS series, m.name AS run, r.method AS method, v.video AS video,
  n.name AS state, c.name AS cause, a.detail AS detail, a.message AS message,
  (j.failure_expected AND j.state = 4 AND j.cause = 1) AS expected,
  j.attempt AS attempt, w.name AS worker, w.machine AS machine, a.ended_us AS ended_us,
  a.log_tail AS log_tail, v.path AS video_path, r.digest AS run_digest,
  lower(hex(j.digest)) AS job_digest, v.video AS item, v.kind AS item_kind
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN jobs j ON j.run_id = m.run_id AND j.state IN (4, 7)
JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id AND dv.video_id = j.video_id
JOIN videos v ON v.id = j.video_id
JOIN state_names n ON n.state = j.state
LEFT JOIN cause_names c ON c.cause = j.cause
LEFT JOIN attempts a ON a.job_id = j.id AND a.attempt = j.attempt
LEFT JOIN workers w ON w.id = a.worker_id
WHERE m.superseded = 0;

-- Jobs that ended without a result, with what their last attempt said. expected = 1 when the sweep
-- declared that this video may fail with cause data, and it did. Quick for one series; over all of
-- them, the newest are in v_newest_failures.
CREATE VIEW v_failures AS
SELECT
  series, run, method, video, state, cause, detail, message, expected, attempt, worker, machine, ended_us,
  log_tail, video_path, run_digest, job_digest, item, item_kind
FROM failure_details;

-- The same with newest_us, which is ended_us: ORDER BY newest_us DESC LIMIT n reads n of them. job_id:
-- the job's row.
CREATE VIEW v_newest_failures AS
SELECT t.ended_us AS newest_us, d.*
FROM attempts t
CROSS JOIN failure_details d ON d.job_id = t.job_id AND d.attempt = t.attempt
WHERE t.outcome IN (2, 3);

-- Two runs on each video that both finished: differences are a minus b. Give both runs, or the
-- product of all with all is computed. same_window = 0: the two did not score the same frames, in the
-- same colors, by the same definitions, or one of them in fp8 only (what `cox compare` refuses; coordinator/report/comparison.h
-- has the same list); same_pixels = 0: these frames were decoded to other pixels, NULL: one of the two
-- does not tell. A metric over other weights is another measure: there is no difference then.
CREATE VIEW v_pairs AS
SELECT
  sa.name AS series_a, ma.name AS run_a, sb.name AS series_b, mb.name AS run_b, v.video AS video,
  {each metric|CASE WHEN EXISTS (SELECT 1 FROM metric_totals z WHERE z.metric_id = $id) THEN
    (SELECT q.mean FROM result_metrics q WHERE q.job_id = xa.job_id AND q.metric_id = $id) END AS $name_a,
  CASE WHEN EXISTS (SELECT 1 FROM metric_totals z WHERE z.metric_id = $id) THEN
    (SELECT q.mean FROM result_metrics q WHERE q.job_id = xb.job_id AND q.metric_id = $id) END AS $name_b,
  CASE WHEN EXISTS (SELECT 1 FROM metric_totals z WHERE z.metric_id = $id)
    AND (SELECT w.digest FROM run_weights w WHERE w.run_id = ra.id AND w.metric_id = $weights)
    IS (SELECT w.digest FROM run_weights w WHERE w.run_id = rb.id AND w.metric_id = $weights) THEN
    (SELECT q.mean FROM result_metrics q WHERE q.job_id = xa.job_id AND q.metric_id = $id)
    - (SELECT q.mean FROM result_metrics q WHERE q.job_id = xb.job_id AND q.metric_id = $id)
  END AS $name_difference, }
  xa.train_s AS train_s_a, xb.train_s AS train_s_b,
  xa.alone_s AS total_s_a, xb.alone_s AS total_s_b,
  (ea.machine = eb.machine AND ea.device_name = eb.device_name) AS same_machine,
  (json_extract(json_insert(ra.parameters, '$.task', 'continue', '$.frame_rate', 0.0, '$.resolution', 'fixed'), '$.task', '$.gen_start_frame',
                '$.frame_stride', '$.frame_rate', '$.resolution', '$.height', '$.width', '$.fit', '$.color', '$.pil_order')
   = json_extract(json_insert(rb.parameters, '$.task', 'continue', '$.frame_rate', 0.0, '$.resolution', 'fixed'), '$.task', '$.gen_start_frame',
                '$.frame_stride', '$.frame_rate', '$.resolution', '$.height', '$.width', '$.fit', '$.color', '$.pil_order')
   AND xa.scored_frames = xb.scored_frames
   AND ra.metric_definitions = rb.metric_definitions
   AND (json_extract(ra.parameters, '$.dtype') IS 'fp8') = (json_extract(rb.parameters, '$.dtype') IS 'fp8')) AS same_window,
  nullif(xa.reference_digest, '') = nullif(xb.reference_digest, '') AS same_pixels,
  ra.seed = rb.seed AND ra.replicate = rb.replicate AS same_noise,
  ra.digest AS run_digest_a, rb.digest AS run_digest_b, v.video AS item
FROM series_runs ma
JOIN series sa ON sa.id = ma.series_id
JOIN runs ra ON ra.id = ma.run_id
JOIN dataset_videos da ON da.dataset_id = ma.dataset_id
JOIN jobs ja ON ja.run_id = ma.run_id AND ja.video_id = da.video_id
JOIN results xa ON xa.job_id = ja.id
JOIN environments ea ON ea.id = xa.environment_id
JOIN videos v ON v.id = da.video_id
JOIN dataset_videos db ON db.video_id = da.video_id
JOIN series_runs mb ON mb.dataset_id = db.dataset_id AND mb.superseded = 0
JOIN series sb ON sb.id = mb.series_id
JOIN runs rb ON rb.id = mb.run_id
JOIN jobs jb ON jb.run_id = mb.run_id AND jb.video_id = db.video_id
JOIN results xb ON xb.job_id = jb.id
JOIN environments eb ON eb.id = xb.environment_id
WHERE ma.superseded = 0 AND (ma.series_id, ma.name) <> (mb.series_id, mb.name);

-- One row per current run of a series and video, finished or not. needs_*: what the newest
-- submission of the owning series, and a GPU that was too small, ask of a worker. stop_reason: of a
-- stopped job.
CREATE VIEW v_jobs AS
SELECT
  s.name AS series, m.name AS run, r.method AS method, v.video AS video,
  dv.position AS video_position, n.name AS state, c.name AS cause,
  (j.failure_expected AND j.state = 4 AND j.cause = 1) AS expected,
  j.attempt AS attempt, j.worker_kills AS worker_kills, j.priority AS priority,
  CASE j.state WHEN 1 THEN j.ready_us END AS ready_us,
  CASE j.state WHEN 2 THEN w.name END AS worker, a.granted_us AS granted_us,
  a.ended_us AS ended_us, a.message AS message, u.time_us AS submitted_us,
  q.name AS owner_series, r.owner_name AS owner_run, v.path AS video_path,
  v.digest AS video_digest, v.video AS item, v.kind AS item_kind, v.caption AS prompt, max(g.gpus, j.memory_above_mib > 0) AS needs_gpus,
  max(g.gpu_memory_bytes, (j.memory_above_mib << 20) + (j.memory_above_mib > 0))
    AS needs_gpu_memory_bytes, g.memory_bytes AS needs_memory_bytes,
  CASE j.state WHEN 8 THEN (SELECT z.name FROM stop_reason_names z
    WHERE z.stop_reason = j.stop_reason) END AS stop_reason,
  r.digest AS run_digest, lower(hex(j.digest)) AS job_digest
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id
JOIN videos v ON v.id = dv.video_id
JOIN jobs j ON j.run_id = m.run_id AND j.video_id = dv.video_id
JOIN state_names n ON n.state = j.state
JOIN submissions u ON u.id = j.submission_id
JOIN series q ON q.id = u.series_id
JOIN submissions g ON g.id = (SELECT max(id) FROM submissions WHERE series_id = u.series_id)
LEFT JOIN cause_names c ON c.cause = j.cause
LEFT JOIN attempts a ON a.job_id = j.id AND a.attempt = j.attempt
LEFT JOIN workers w ON w.id = a.worker_id
WHERE m.superseded = 0;

-- Every try of every job, under the names of the run's owner.
CREATE VIEW v_attempts AS
SELECT
  o.name AS series, r.owner_name AS run, v.video AS video, a.attempt AS attempt,
  p.name AS outcome, c.name AS cause, a.detail AS detail, a.message AS message,
  w.name AS worker, w.name || '.' || w.id AS worker_id, w.machine AS machine,
  'lease-' || a.lease AS lease_id, a.granted_us AS granted_us, a.ended_us AS ended_us,
  a.worker_started_us AS worker_started_us, a.worker_finished_us AS worker_finished_us,
  a.log_tail AS log_tail, r.digest AS run_digest, lower(hex(j.digest)) AS job_digest,
  v.video AS item
FROM attempts a
JOIN jobs j ON j.id = a.job_id
JOIN runs r ON r.id = j.run_id
JOIN series o ON o.id = r.owner_series_id
JOIN videos v ON v.id = j.video_id
JOIN workers w ON w.id = a.worker_id
JOIN outcome_names p ON p.outcome = a.outcome
LEFT JOIN cause_names c ON c.cause = a.cause;

CREATE VIEW v_workers AS
SELECT
  w.name || '.' || w.id AS worker_id, w.name AS worker, w.machine AS machine, w.pid AS pid,
  w.device AS device, w.device_name AS device_name, w.engine_build AS engine_build,
  w.gpus AS gpus, w.gpu_memory_bytes AS gpu_memory_bytes, w.memory_bytes AS memory_bytes,
  w.joined_us AS joined_us, w.left_us AS left_us, w.left_us IS NULL AS here,
  (SELECT count(*) FROM attempts a WHERE a.outcome = 0 AND a.worker_id = w.id) AS held_jobs
FROM workers w;

-- When each worker that was granted a job was last heard of with one: the newest grant or end of its
-- attempts. Reads every attempt.
CREATE VIEW v_worker_activity AS
SELECT
  w.name || '.' || w.id AS worker_id, a.last_us AS last_us
FROM workers w
JOIN (SELECT worker_id, max(max(granted_us, coalesce(ended_us, 0))) AS last_us
      FROM attempts GROUP BY worker_id) a ON a.worker_id = w.id;

-- What is asked every second while somebody watches: v_events without what takes long to prepare.
CREATE VIEW v_journal AS
SELECT e.sequence AS sequence, e.time_us AS time_us, e.kind AS kind, s.name AS series
FROM events e
LEFT JOIN series s ON s.id = e.series_id;

-- The journal. Ask for a range of sequence, or ORDER BY sequence DESC LIMIT n.
CREATE VIEW v_events AS
SELECT
  e.sequence AS sequence, e.time_us AS time_us, e.kind AS kind, s.name AS series,
  (SELECT m.name FROM series_runs m WHERE m.run_id = e.run_id AND m.series_id = e.series_id
   ORDER BY m.superseded, m.position LIMIT 1) AS run,
  v.video AS video, w.name AS worker, e.attempt AS attempt, e.message AS message,
  {each metric|CASE WHEN EXISTS (SELECT 1 FROM metric_totals z WHERE z.metric_id = $id) THEN
    (SELECT q.mean FROM result_metrics q
     WHERE q.job_id = x.job_id AND q.metric_id = $id) END AS $name, }
  lower(hex(j.digest)) AS job_digest, v.video AS item
FROM events e
LEFT JOIN series s ON s.id = e.series_id
LEFT JOIN videos v ON v.id = e.video_id
LEFT JOIN workers w ON w.id = e.worker_id
LEFT JOIN jobs j ON j.id = e.job_id
LEFT JOIN results x ON x.job_id = e.job_id AND e.kind = 'done';
