-- Which kernels results were computed with.

-- kernels is part of what an environment is, so the table is made anew. '' = not told. Results refer
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
  kernels TEXT NOT NULL,
  UNIQUE (machine, device, device_name, driver, dtype, engine_build, torch_version, model_digest,
          threads, kernels)
) STRICT;
INSERT INTO environments SELECT *, '' FROM old_environments;
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
  e.threads AS threads, e.kernels AS kernels, e.dtype AS dtype,
  e.engine_build AS engine_build, e.torch_version AS torch_version,
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
  e.threads AS threads, e.kernels AS kernels, e.dtype AS dtype,
  e.engine_build AS engine_build, e.torch_version AS torch_version,
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
