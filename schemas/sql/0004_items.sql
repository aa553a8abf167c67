-- Version 4: an item is a video or a prompt, which has no file. dimensions: what of a benchmark it is for,
-- one name a line.

ALTER TABLE videos ADD COLUMN dimensions TEXT NOT NULL DEFAULT '';
ALTER TABLE videos ADD COLUMN kind TEXT GENERATED ALWAYS AS (iif(path = '', 'prompt', 'video')) VIRTUAL;
