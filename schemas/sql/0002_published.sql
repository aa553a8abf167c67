-- Version 2: frame_rate and resolution, and results that were published elsewhere. They are rows of their own kind, named as runs are:
-- reports show them beside what was measured here, and no mean, comparison or test reads them.

CREATE TABLE published_results (
  source TEXT NOT NULL,
  series TEXT NOT NULL,
  run TEXT NOT NULL,
  metric TEXT NOT NULL,
  mean REAL NOT NULL,
  deviation REAL,
  videos INTEGER,
  PRIMARY KEY (source, series, run, metric)
) STRICT, WITHOUT ROWID;

-- Parameters that this version added: what runs did before.
UPDATE runs SET parameters = json_set(parameters, '$.frame_rate', 0.0, '$.resolution', 'fixed');
