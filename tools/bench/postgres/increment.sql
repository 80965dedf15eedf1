-- One transaction, one round trip: an event, and the counter that it changes.
\set id random(1, :keys)
WITH changed AS (
  UPDATE counters SET value = value + 1, revision = revision + 1 WHERE id = :id RETURNING id, revision, value
), recorded AS (
  INSERT INTO events (counter, revision, event) SELECT id, revision, '{"incremented":{"by":1}}' FROM changed
)
SELECT value FROM changed;
