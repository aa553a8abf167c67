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
