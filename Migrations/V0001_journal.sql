-- The journal's first schema. JournalFormat.md explains every table; a shipped migration is never changed.
-- Numbers that are unsigned 64-bit elsewhere (checksums, fingerprints, clients) are stored as SQLite's signed ones, bit for bit.

-- Whose file this is. One row.
CREATE TABLE file (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  file_uuid TEXT NOT NULL,
  cluster_uuid TEXT,
  node INTEGER,
  name TEXT,
  start_counter INTEGER NOT NULL,
  next_replica INTEGER NOT NULL,
  -- Rows of `journal` up to this position are listed in `segments`.
  flushed_through INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE migrations (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT;

-- One row per log entry, in the order in which this node wrote them. Rows are never updated.
CREATE TABLE journal (
  position INTEGER PRIMARY KEY,
  replica INTEGER NOT NULL,
  log_index INTEGER NOT NULL,
  term INTEGER NOT NULL,
  -- 0 empty, 1 configuration, 2 record
  type INTEGER NOT NULL,
  entity TEXT,
  first_revision INTEGER,
  -- A JSON array of events (type 2) or the configuration (type 1). A BLOB is the whole payload of an unknown format.
  events ANY,
  request_key TEXT,
  session_client INTEGER,
  session_opened INTEGER,
  request_number INTEGER,
  acknowledged_below INTEGER,
  fingerprint INTEGER,
  reply TEXT,
  recorded_at INTEGER,
  -- XXH64 of (term, index, type, payload), chained over the group's previous entry.
  checksum INTEGER NOT NULL
) STRICT;

-- Where a run of one replica's entries lies in `journal`. Written every some ten thousand rows, not per entry.
CREATE TABLE segments (
  id INTEGER PRIMARY KEY,
  replica INTEGER NOT NULL,
  first_index INTEGER NOT NULL,
  count INTEGER NOT NULL,
  positions BLOB NOT NULL,
  -- 32 bits of XXH64(entity) per entry, to find one entity's entries.
  entities BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX segments_by_replica ON segments (replica, first_index);

-- One row per Raft group that this node has, or once had (replica NULL: only term and vote count).
CREATE TABLE groups (
  group_id INTEGER PRIMARY KEY,
  replica INTEGER UNIQUE,
  kind TEXT NOT NULL,
  number INTEGER NOT NULL,
  term INTEGER NOT NULL,
  vote INTEGER,
  commit_index INTEGER NOT NULL,
  first_index INTEGER NOT NULL,
  before_first_term INTEGER NOT NULL,
  before_first_checksum INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- The newest checkpoint of each replica; index 0 is the group's birth.
CREATE TABLE checkpoints (
  replica INTEGER PRIMARY KEY,
  log_index INTEGER NOT NULL,
  term INTEGER NOT NULL,
  entry_checksum INTEGER NOT NULL,
  configuration TEXT NOT NULL,
  forgotten_opened INTEGER NOT NULL,
  keys_forgotten_through INTEGER NOT NULL,
  meta BLOB NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE entities (
  replica INTEGER NOT NULL,
  entity TEXT NOT NULL,
  revision INTEGER NOT NULL,
  state TEXT NOT NULL,
  -- A quarantined entity's events after `revision`, as a JSON array; NULL for a healthy one.
  unapplied TEXT,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (replica, entity)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  replica INTEGER NOT NULL,
  client INTEGER NOT NULL,
  opened INTEGER NOT NULL,
  acknowledged_below INTEGER NOT NULL,
  last_index INTEGER NOT NULL,
  replies BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (replica, client)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_keys (
  replica INTEGER NOT NULL,
  entity TEXT NOT NULL,
  request_key TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  log_index INTEGER NOT NULL,
  term INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  fingerprint INTEGER NOT NULL,
  reply TEXT NOT NULL,
  refusal TEXT,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (replica, entity, request_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_keys_by_index ON request_keys (replica, log_index);

-- What is no longer shown and still to be deleted: a replica's rows below an index.
CREATE TABLE discards (
  replica INTEGER PRIMARY KEY,
  before_index INTEGER NOT NULL
) STRICT;

-- One row per committed event of the groups that this node has, oldest first.
CREATE VIEW events AS
SELECT
  j.position,
  CASE g.kind WHEN '' THEN 'directory' ELSE g.kind || '/' || g.number END AS shard,
  j.log_index AS "index",
  j.term,
  CASE g.kind WHEN '' THEN 'directory' ELSE g.kind END AS kind,
  j.entity,
  j.first_revision + e.key AS revision,
  CASE e.type WHEN 'object' THEN (SELECT t.key FROM json_each(e.value) AS t LIMIT 1) END AS type,
  CASE e.type
    WHEN 'object' THEN (
      SELECT CASE WHEN t.type IN ('null', 'true', 'false') THEN t.type ELSE json_quote(t.value) END
      FROM json_each(e.value) AS t LIMIT 1)
    WHEN 'null' THEN 'null' WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
    ELSE json_quote(e.value)
  END AS data,
  coalesce(j.request_key, printf('%016x', j.session_client) || '/' || j.request_number) AS request_id,
  strftime('%Y-%m-%dT%H:%M:%S', j.recorded_at / 1000, 'unixepoch') || printf('.%03dZ', j.recorded_at % 1000)
    AS recorded_at
FROM journal AS j
CROSS JOIN groups AS g ON g.replica = j.replica
CROSS JOIN json_each(
  CASE WHEN typeof(j.events) = 'text' AND json_valid(j.events) THEN j.events ELSE '[]' END) AS e
WHERE j.type = 2 AND j.log_index <= g.commit_index AND j.log_index >= g.first_index;

-- Entity states as of each shard's newest checkpoint.
CREATE VIEW entity_states AS
SELECT CASE g.kind WHEN '' THEN 'directory' ELSE g.kind END AS kind, e.entity, e.revision, e.state
FROM groups AS g CROSS JOIN entities AS e ON e.replica = g.replica;

-- One row per group that this node has.
CREATE VIEW shard_status AS
SELECT
  CASE g.kind WHEN '' THEN 'directory' ELSE g.kind || '/' || g.number END AS shard,
  g.group_id,
  g.term,
  g.vote,
  g.first_index,
  max(
    coalesce(t.last_index, 0), c.log_index, g.first_index - 1,
    coalesce(
      (SELECT s.first_index + s.count - 1 FROM segments AS s WHERE s.replica = g.replica
       ORDER BY s.first_index DESC LIMIT 1), 0)) AS last_index,
  g.commit_index,
  c.log_index AS checkpoint_index,
  c.configuration AS checkpoint_configuration
FROM groups AS g
JOIN checkpoints AS c ON c.replica = g.replica
LEFT JOIN (
  SELECT replica, max(log_index) AS last_index FROM journal
  WHERE position > (SELECT flushed_through FROM file) GROUP BY replica) AS t ON t.replica = g.replica
ORDER BY g.group_id;
