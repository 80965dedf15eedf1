-- Which processes the last starts of this file were, so that an old copy of it is known however often it is started; and what other
-- nodes last said of themselves, so that it is known after a restart too.

-- The newest 16; `file.start_counter` is the newest of them.
CREATE TABLE starts (
  start INTEGER PRIMARY KEY,
  process_uuid TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE peers (
  node INTEGER PRIMARY KEY,
  address TEXT NOT NULL,
  start INTEGER NOT NULL,
  process_uuid TEXT NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;
