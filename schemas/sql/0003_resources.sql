-- What jobs need and workers have, and the CPU threads that results were computed with.

ALTER TABLE submissions ADD COLUMN gpus INTEGER NOT NULL DEFAULT 0;
ALTER TABLE submissions ADD COLUMN gpu_memory_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE submissions ADD COLUMN memory_bytes INTEGER NOT NULL DEFAULT 0;

-- A worker of an earlier program told its device alone.
ALTER TABLE workers ADD COLUMN gpus INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workers ADD COLUMN gpu_memory_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workers ADD COLUMN memory_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE workers SET gpus = 1 WHERE device = 'cuda';

-- threads is part of what an environment is, so the table is made anew. 0 = not told. Results refer
-- to the rows, which are back before the transaction ends.
PRAGMA defer_foreign_keys = ON;
CREATE TEMP TABLE old_environments AS SELECT * FROM environments;
DROP TABLE environments;
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
  threads INTEGER NOT NULL,
  UNIQUE (machine, device, device_name, driver, dtype, engine_build, torch_version, model_digest,
          threads)
) STRICT;
INSERT INTO environments SELECT *, 0 FROM old_environments;
DROP TABLE old_environments;

DROP VIEW v_results;
-- One row per series x run x finished video. schemas/result_columns.yaml explains each column.
CREATE VIEW v_results AS
SELECT
  s.name AS series, m.name AS run, r.method AS method, v.video AS video,
  dv.position AS video_position, d.name AS dataset,
  x.psnr AS psnr, x.ssim AS ssim, x.lpips AS lpips, x.lpips_random_trunk AS lpips_random_trunk,
  x.other_metrics AS other_metrics, x.nonfinite AS nonfinite, x.scored_frames AS scored_frames,
  y.per_frame AS per_frame,
  x.load_model_s AS load_model_s, x.decode_s AS decode_s, x.encode_s AS encode_s,
  x.train_s AS train_s, x.early_stop_s AS early_stop_s, x.generate_s AS generate_s,
  x.latent_decode_s AS latent_decode_s, x.metrics_s AS metrics_s, x.write_s AS write_s,
  x.total_s AS total_s,
  x.trainable_parameters AS trainable_parameters, x.steps_run AS steps_run,
  x.best_step AS best_step, x.stopped AS stopped, x.parameter_norm AS parameter_norm,
  y.losses AS losses, y.anchor_losses AS anchor_losses,
  r.seed AS seed, r.replicate AS replicate, x.attempt AS attempt, w.name AS worker,
  e.machine AS machine, e.device AS device, e.device_name AS device_name, e.driver AS driver,
  e.threads AS threads, e.dtype AS dtype, e.engine_build AS engine_build,
  e.torch_version AS torch_version,
  e.model_digest AS model_digest, x.video_digest AS video_digest,
  printf('%016x', x.backbone_checksum) AS backbone_checksum,
  x.peak_memory_bytes AS peak_memory_bytes,
  x.generated_path AS generated_path, x.reference_path AS reference_path,
  x.time_us AS time_us, r.digest AS run_digest, lower(hex(j.digest)) AS job_digest
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

DROP VIEW v_timings;
-- Wall seconds of each stage of each result, with what they were measured on. waited_s is the time
-- from submission to the grant of the attempt that delivered.
CREATE VIEW v_timings AS
SELECT
  s.name AS series, m.name AS run, r.method AS method, v.video AS video,
  (a.granted_us - u.time_us) / 1e6 AS waited_s,
  x.load_model_s AS load_model_s, x.decode_s AS decode_s, x.encode_s AS encode_s,
  x.train_s AS train_s, x.early_stop_s AS early_stop_s, x.generate_s AS generate_s,
  x.latent_decode_s AS latent_decode_s, x.metrics_s AS metrics_s, x.write_s AS write_s,
  x.total_s AS total_s, x.steps_run AS steps_run,
  e.machine AS machine, e.device AS device, e.device_name AS device_name, e.driver AS driver,
  e.threads AS threads, e.dtype AS dtype, e.engine_build AS engine_build,
  e.torch_version AS torch_version,
  lower(hex(j.digest)) AS job_digest
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

DROP VIEW v_jobs;
-- One row per current run of a series and video, finished or not. needs_*: what the newest
-- submission of the owning series asks of a worker.
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
  v.digest AS video_digest, g.gpus AS needs_gpus,
  g.gpu_memory_bytes AS needs_gpu_memory_bytes, g.memory_bytes AS needs_memory_bytes,
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

DROP VIEW v_workers;

CREATE VIEW v_workers AS
SELECT
  w.name || '.' || w.id AS worker_id, w.name AS worker, w.machine AS machine, w.pid AS pid,
  w.device AS device, w.device_name AS device_name, w.engine_build AS engine_build,
  w.gpus AS gpus, w.gpu_memory_bytes AS gpu_memory_bytes, w.memory_bytes AS memory_bytes,
  w.joined_us AS joined_us, w.left_us AS left_us, w.left_us IS NULL AS here,
  (SELECT count(*) FROM attempts a WHERE a.outcome = 0 AND a.worker_id = w.id) AS held_jobs
FROM workers w;
