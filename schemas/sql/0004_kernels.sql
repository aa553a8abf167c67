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
