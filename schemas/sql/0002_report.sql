-- What a report needs to know of a series: the baseline and the tables that its sweep declares, and
-- the versions by which a run's numbers were computed and measured.

ALTER TABLE submissions ADD COLUMN baseline TEXT NOT NULL DEFAULT '';
ALTER TABLE submissions ADD COLUMN tables TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tables));

-- Earlier databases did not record the engine's semantics: 0. All their metrics are of definition 1.
ALTER TABLE runs ADD COLUMN engine_semantics INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN metric_definitions INTEGER NOT NULL DEFAULT 1;

-- One row per series, with what its newest submission says. baseline: `run` or `series/run`, "" when
-- none is named; tables: JSON, a list of {title, rows, columns}.
CREATE VIEW v_series AS
SELECT
  s.name AS series, s.number AS number, s.title AS title, s.labels AS labels,
  d.name AS dataset, d.digest AS dataset_digest, u.baseline AS baseline, u.tables AS tables,
  u.sweep_text AS sweep_text, u.time_us AS submitted_us
FROM series s
JOIN submissions u ON u.id = (SELECT max(id) FROM submissions WHERE series_id = s.id)
JOIN datasets d ON d.id = u.dataset_id;

DROP VIEW v_runs;
-- One row per name in a series that a run holds or held, with where its jobs stand and the means
-- over its finished videos. A filter on series, run or run_digest is applied before counting.
CREATE VIEW v_runs AS
SELECT
  s.name AS series, s.number AS series_number, m.name AS run, m.position AS position,
  r.digest AS run_digest, r.method AS method, r.backbone AS backbone,
  r.parameters AS parameters, m.labels AS labels, r.seed AS seed, r.replicate AS replicate,
  r.model_digest AS model_digest, r.engine_semantics AS engine_semantics,
  r.metric_definitions AS metric_definitions, d.name AS dataset, d.digest AS dataset_digest,
  o.name AS owner_series, r.owner_name AS owner_run, r.created_us AS created_us,
  m.superseded AS superseded,
  count(*) AS videos,
  sum(j.state IS 0) AS queued, sum(j.state IS 1) AS blocked, sum(j.state IS 2) AS leased,
  sum(j.state IS 3) AS done,
  sum(j.state IS 4 AND NOT (j.failure_expected AND j.cause = 1)) AS failed,
  sum(j.state IS 4 AND j.failure_expected AND j.cause = 1) AS failed_as_expected,
  sum(j.state IS 5) AS cancelled, sum(j.state IS 6) AS paused, sum(j.state IS 7) AS quarantined,
  sum(x.nonfinite IS NOT NULL) AS nonfinite_results,
  avg(x.psnr) AS psnr, avg(x.ssim) AS ssim, avg(x.lpips) AS lpips,
  avg(x.lpips_random_trunk) AS lpips_random_trunk,
  avg(x.train_s) AS train_s, avg(x.early_stop_s) AS early_stop_s,
  avg(x.generate_s) AS generate_s, avg(x.total_s) AS total_s
FROM series_runs m
JOIN series s ON s.id = m.series_id
JOIN runs r ON r.id = m.run_id
JOIN datasets d ON d.id = m.dataset_id
JOIN series o ON o.id = r.owner_series_id
JOIN dataset_videos dv ON dv.dataset_id = m.dataset_id
LEFT JOIN jobs j ON j.run_id = m.run_id AND j.video_id = dv.video_id
LEFT JOIN results x ON x.job_id = j.id
GROUP BY s.name, m.position, m.name, r.digest;
