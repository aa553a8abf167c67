-- Which pixels a result was scored against: SHA-256 over the RGB bytes of the source frames. '' = not
-- told.
ALTER TABLE results ADD COLUMN reference_digest TEXT NOT NULL DEFAULT '';
