-- Totals of each run on each data set that a series names it with, kept in the transaction of every
-- result, so that a leaderboard does not read the results.

ALTER TABLE datasets ADD COLUMN videos INTEGER NOT NULL DEFAULT 0;
UPDATE datasets
SET videos = (SELECT count(*) FROM dataset_videos dv WHERE dv.dataset_id = datasets.id);

-- Sums are of the finite values, whose number stands beside them.
CREATE TABLE run_totals (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  environment_id INTEGER NOT NULL REFERENCES environments (id),
  results INTEGER NOT NULL,
  nonfinite_results INTEGER NOT NULL,
  psnr_sum REAL NOT NULL, psnr_count INTEGER NOT NULL,
  ssim_sum REAL NOT NULL, ssim_count INTEGER NOT NULL,
  lpips_sum REAL NOT NULL, lpips_count INTEGER NOT NULL,
  lpips_random_trunk_sum REAL NOT NULL, lpips_random_trunk_count INTEGER NOT NULL,
  train_s_sum REAL NOT NULL, train_s_count INTEGER NOT NULL,
  early_stop_s_sum REAL NOT NULL, early_stop_s_count INTEGER NOT NULL,
  generate_s_sum REAL NOT NULL, generate_s_count INTEGER NOT NULL,
  total_s_sum REAL NOT NULL, total_s_count INTEGER NOT NULL,
  PRIMARY KEY (run_id, dataset_id, environment_id)
) STRICT, WITHOUT ROWID;

INSERT INTO run_totals
SELECT
  j.run_id AS run_id, dv.dataset_id AS dataset_id, x.environment_id AS environment_id,
  count(*) AS results, sum(x.nonfinite IS NOT NULL) AS nonfinite_results,
  total(x.psnr) AS psnr_sum, count(x.psnr) AS psnr_count,
  total(x.ssim) AS ssim_sum, count(x.ssim) AS ssim_count,
  total(x.lpips) AS lpips_sum, count(x.lpips) AS lpips_count,
  total(x.lpips_random_trunk) AS lpips_random_trunk_sum,
  count(x.lpips_random_trunk) AS lpips_random_trunk_count,
  total(x.train_s) AS train_s_sum, count(x.train_s) AS train_s_count,
  total(x.early_stop_s) AS early_stop_s_sum, count(x.early_stop_s) AS early_stop_s_count,
  total(x.generate_s) AS generate_s_sum, count(x.generate_s) AS generate_s_count,
  total(x.total_s) AS total_s_sum, count(x.total_s) AS total_s_count
FROM jobs j
JOIN results x ON x.job_id = j.id
JOIN dataset_videos dv ON dv.video_id = j.video_id
WHERE EXISTS (SELECT 1 FROM series_runs m
              WHERE m.run_id = j.run_id AND m.dataset_id = dv.dataset_id)
GROUP BY j.run_id, dv.dataset_id, x.environment_id;
