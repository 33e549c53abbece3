-- What dumps and metrics ask for.

-- What a database is known by: a new one gets new values, a copy keeps them.
CREATE TABLE attribute (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
-- heketi's name: 32 hex digits that are drawn when a database is made.
INSERT INTO attribute (key, value) VALUES ('DB_GENERATION_ID', lower(hex(randomblob(16))));

-- The few volumes that an operation is making or taking away: those that are ready are the others, which
-- `cluster.volume_count` has counted, so that no scrape of the metrics walks all volumes.
CREATE INDEX volume_pending ON volume (cluster_id) WHERE phase <> 'ready';
