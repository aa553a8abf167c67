-- Version 3: what people write about runs, and which generated videos a series keeps.

-- Tags and notes belong to a run's configuration, under every name that it has. They change nothing
-- that is computed.
CREATE TABLE run_tags (
  run_id INTEGER NOT NULL REFERENCES runs (id),
  tag TEXT NOT NULL,
  time_us INTEGER NOT NULL,
  PRIMARY KEY (run_id, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_notes (
  run_id INTEGER PRIMARY KEY REFERENCES runs (id),
  note TEXT NOT NULL,
  time_us INTEGER NOT NULL
) STRICT;

-- {"kind": "all"}, {"kind": "none"}, {"kind": "best", "runs": 3, "metric": "psnr"} or
-- {"kind": "items", "items": ["clip-1"]}
ALTER TABLE submissions ADD COLUMN keep TEXT NOT NULL DEFAULT '{"kind":"all"}' CHECK (json_valid(keep));
