\set id random(1, :keys)
SELECT value FROM counters WHERE id = :id;
