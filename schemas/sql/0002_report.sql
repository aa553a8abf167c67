-- What a report needs to know of a series: the baseline and the tables that its sweep declares, and
-- the versions by which a run's numbers were computed and measured.

ALTER TABLE submissions ADD COLUMN baseline TEXT NOT NULL DEFAULT '';
ALTER TABLE submissions ADD COLUMN tables TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tables));

-- Earlier databases did not record the engine's semantics: 0. All their metrics are of definition 1.
ALTER TABLE runs ADD COLUMN engine_semantics INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN metric_definitions INTEGER NOT NULL DEFAULT 1;
