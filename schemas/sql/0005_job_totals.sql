-- Version 5: what the page shows at once over millions of jobs.

-- How many jobs of each run on each data set are in each state, kept in the transaction of
-- every change, so that a list of series counts no jobs. series_id: the series whose submission made
-- the jobs.
CREATE TABLE job_totals (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  dataset_id INTEGER NOT NULL REFERENCES datasets (id),
  series_id INTEGER NOT NULL REFERENCES series (id),
  queued INTEGER NOT NULL,
  blocked INTEGER NOT NULL,
  leased INTEGER NOT NULL,
  done INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  paused INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  stopped INTEGER NOT NULL,
  failed_as_expected INTEGER NOT NULL, -- part of failed
  PRIMARY KEY (run_id, dataset_id, series_id)
) STRICT, WITHOUT ROWID;

INSERT INTO job_totals
SELECT m.run_id, m.dataset_id, u.series_id,
  sum(j.state = 0), sum(j.state = 1), sum(j.state = 2), sum(j.state = 3), sum(j.state = 4),
  sum(j.state = 5), sum(j.state = 6), sum(j.state = 7), sum(j.state = 8),
  sum(j.state = 4 AND j.failure_expected AND j.cause = 1)
FROM (SELECT DISTINCT run_id, dataset_id FROM series_runs) m
CROSS JOIN jobs j ON j.run_id = m.run_id
JOIN dataset_videos v ON v.dataset_id = m.dataset_id AND v.video_id = j.video_id
JOIN submissions u ON u.id = j.submission_id
GROUP BY m.run_id, m.dataset_id, u.series_id;

-- Few jobs ran out of memory: what they need is looked up, not counted.
CREATE INDEX jobs_escalated ON jobs (run_id, video_id) WHERE memory_above_mib > 0;
-- The newest failures are shown first.
CREATE INDEX attempts_failed ON attempts (ended_us) WHERE outcome IN (2, 3);
