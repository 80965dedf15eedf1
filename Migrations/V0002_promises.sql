-- Where the log ended of replicas of this group that the node had before and gave up: what they acknowledged is still counted on.
-- Zero: there was none, or it was given up before this was kept. The row's checksum covers both only if they are not zero.
ALTER TABLE groups ADD COLUMN promised_term INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN promised_index INTEGER NOT NULL DEFAULT 0;
