-- The state of mortar: what exists, what is being done, and what clients are still to hear of.
-- Sizes carry their unit in the name; times are milliseconds since 1970; ids are 32 lower-case hex digits.

CREATE TABLE cluster (
    id           TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    file         INTEGER NOT NULL CHECK (file IN (0, 1)),
    block        INTEGER NOT NULL CHECK (block IN (0, 1)),
    -- Kept by triggers: counting the rows at each create would grow with every volume.
    volume_count INTEGER NOT NULL DEFAULT 0 CHECK (volume_count >= 0)
) STRICT;

CREATE TABLE node (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    cluster_id TEXT    NOT NULL REFERENCES cluster (id),
    zone       INTEGER NOT NULL CHECK (zone >= 1),
    tags       TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(tags)),
    state      TEXT    NOT NULL CHECK (state IN ('online', 'offline', 'failed')),
    phase      TEXT    NOT NULL CHECK (phase IN ('creating', 'ready', 'deleting'))
) STRICT;
CREATE INDEX node_by_cluster ON node (cluster_id);

-- A host name belongs to one node, separately as a manage and as a storage name (as in heketi).
CREATE TABLE node_hostname (
    node_id TEXT    NOT NULL REFERENCES node (id) ON DELETE CASCADE,
    use     TEXT    NOT NULL CHECK (use IN ('manage', 'storage')),
    seq     INTEGER NOT NULL CHECK (seq >= 0),
    name    TEXT    NOT NULL CHECK (name <> ''),
    PRIMARY KEY (node_id, use, seq),
    UNIQUE (use, name)
) STRICT;

CREATE TABLE device (
    id          TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    node_id     TEXT    NOT NULL REFERENCES node (id),
    name        TEXT    NOT NULL CHECK (name <> ''),
    tags        TEXT    NOT NULL DEFAULT '{}' CHECK (json_valid(tags)),
    state       TEXT    NOT NULL CHECK (state IN ('online', 'offline', 'failed')),
    phase       TEXT    NOT NULL CHECK (phase IN ('creating', 'ready', 'deleting')),
    total_kib   INTEGER NOT NULL CHECK (total_kib >= 0),
    free_kib    INTEGER NOT NULL CHECK (free_kib >= 0),
    used_kib    INTEGER NOT NULL CHECK (used_kib >= 0),
    extent_kib  INTEGER NOT NULL CHECK (extent_kib > 0),
    pv_uuid     TEXT,
    paths       TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(paths)),
    -- Kept by triggers, for placement and for deletes.
    brick_count INTEGER NOT NULL DEFAULT 0 CHECK (brick_count >= 0),
    UNIQUE (node_id, name),
    CHECK (total_kib = free_kib + used_kib)
) STRICT;

CREATE TABLE volume (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    cluster_id      TEXT    NOT NULL REFERENCES cluster (id),
    name            TEXT    NOT NULL CHECK (name <> ''),
    size_gib        INTEGER NOT NULL CHECK (size_gib > 0),
    -- As requested, numbers of kinds that were not chosen included: clients get them back.
    durability      TEXT    NOT NULL CHECK (durability IN ('none', 'replicate', 'disperse')),
    replica         INTEGER NOT NULL,
    disperse_data   INTEGER NOT NULL,
    redundancy      INTEGER NOT NULL,
    gid             INTEGER NOT NULL CHECK (gid BETWEEN 0 AND 2147483646),
    options         TEXT    NOT NULL CHECK (json_valid(options)),
    block           INTEGER NOT NULL CHECK (block IN (0, 1)),
    snapshot_enable INTEGER NOT NULL CHECK (snapshot_enable IN (0, 1)),
    snapshot_factor REAL    NOT NULL CHECK (snapshot_factor BETWEEN 1 AND 100),
    phase           TEXT    NOT NULL CHECK (phase IN ('creating', 'ready', 'deleting')),
    -- Whether the token of a `user` asked for it, which may then read it.
    by_user         INTEGER NOT NULL CHECK (by_user IN (0, 1)),
    UNIQUE (cluster_id, name)
) STRICT;

CREATE TRIGGER volume_counts_up AFTER INSERT ON volume BEGIN
    UPDATE cluster SET volume_count = volume_count + 1 WHERE id = NEW.cluster_id;
END;
CREATE TRIGGER volume_counts_down AFTER DELETE ON volume BEGIN
    UPDATE cluster SET volume_count = volume_count - 1 WHERE id = OLD.cluster_id;
END;

CREATE TABLE brick (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    volume_id     TEXT    NOT NULL REFERENCES volume (id),
    device_id     TEXT    NOT NULL REFERENCES device (id),
    node_id       TEXT    NOT NULL REFERENCES node (id),
    set_no        INTEGER NOT NULL CHECK (set_no >= 0),
    position      INTEGER NOT NULL CHECK (position >= 0),
    role          TEXT    NOT NULL CHECK (role IN ('data', 'arbiter')),
    size_kib      INTEGER NOT NULL CHECK (size_kib > 0),
    thin_pool_kib INTEGER NOT NULL CHECK (thin_pool_kib >= size_kib),
    metadata_kib  INTEGER NOT NULL CHECK (metadata_kib > 0),
    thin_pool     TEXT    NOT NULL,
    path          TEXT    NOT NULL,
    phase         TEXT    NOT NULL CHECK (phase IN ('creating', 'ready', 'deleting'))
) STRICT;
CREATE INDEX brick_by_volume ON brick (volume_id);
CREATE INDEX brick_by_device ON brick (device_id);

-- The space of a brick is taken and given back with its row: the two can never disagree, and the checks of
-- `device` refuse to go below nothing.
CREATE TRIGGER brick_takes_space AFTER INSERT ON brick BEGIN
    UPDATE device SET free_kib = free_kib - (NEW.thin_pool_kib + NEW.metadata_kib),
                      used_kib = used_kib + (NEW.thin_pool_kib + NEW.metadata_kib),
                      brick_count = brick_count + 1
     WHERE id = NEW.device_id;
END;
CREATE TRIGGER brick_gives_space_back AFTER DELETE ON brick BEGIN
    UPDATE device SET free_kib = free_kib + (OLD.thin_pool_kib + OLD.metadata_kib),
                      used_kib = used_kib - (OLD.thin_pool_kib + OLD.metadata_kib),
                      brick_count = brick_count - 1
     WHERE id = OLD.device_id;
END;

-- What a client polls. Kept for a while after it was read, and longer if nobody reads it.
CREATE TABLE job (
    id            TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    by_user       INTEGER NOT NULL CHECK (by_user IN (0, 1)),
    outcome       TEXT    CHECK (outcome IS NULL OR json_valid(outcome)),
    created_ms    INTEGER NOT NULL,
    finished_ms   INTEGER,
    first_read_ms INTEGER,
    -- From when on it may be forgotten; unset while it runs.
    forget_ms     INTEGER
) STRICT;
CREATE INDEX job_by_age ON job (forget_ms) WHERE forget_ms IS NOT NULL;

-- An unfinished change that touches peers. It is gone when the change is wholly done or wholly undone.
CREATE TABLE operation (
    id              TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    kind            TEXT    NOT NULL,
    target          TEXT    NOT NULL,
    job_id          TEXT    NOT NULL REFERENCES job (id),
    direction       TEXT    NOT NULL CHECK (direction IN ('forward', 'back')),
    attempt         INTEGER NOT NULL CHECK (attempt >= 1),
    -- Why it turned back, for the job.
    failure         TEXT    CHECK (failure IS NULL OR json_valid(failure)),
    -- Set while it waits for the background (or, with retry 0, for a person).
    parked_reason   TEXT,
    parked_retry    INTEGER NOT NULL DEFAULT 1 CHECK (parked_retry IN (0, 1)),
    parked_attempts INTEGER NOT NULL DEFAULT 0 CHECK (parked_attempts >= 0),
    next_try_ms     INTEGER NOT NULL DEFAULT 0,
    created_ms      INTEGER NOT NULL
) STRICT;
CREATE INDEX operation_by_target ON operation (target);

CREATE TABLE operation_step (
    operation_id TEXT    NOT NULL REFERENCES operation (id) ON DELETE CASCADE,
    seq          INTEGER NOT NULL CHECK (seq >= 0),
    stage        INTEGER NOT NULL CHECK (stage >= 0),
    step         TEXT    NOT NULL CHECK (json_valid(step)),
    state        TEXT    NOT NULL CHECK (state IN ('planned', 'started', 'done', 'undone')),
    output       TEXT    NOT NULL DEFAULT '"nothing"' CHECK (json_valid(output)),
    PRIMARY KEY (operation_id, seq)
) STRICT, WITHOUT ROWID;

-- What a repeated create with the same Idempotency-Key is answered from. Lives as long as its object.
CREATE TABLE idempotency_key (
    key          TEXT NOT NULL PRIMARY KEY,
    request_hash TEXT NOT NULL,
    target       TEXT NOT NULL,
    job_id       TEXT NOT NULL
) STRICT;
CREATE INDEX idempotency_key_by_target ON idempotency_key (target);
