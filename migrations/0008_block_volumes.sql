-- Block volumes: files in hosting volumes, which peers export over iSCSI.

CREATE TABLE block_volume (
    id         TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    cluster_id TEXT    NOT NULL REFERENCES cluster (id),
    hosting_id TEXT    NOT NULL REFERENCES volume (id),
    name       TEXT    NOT NULL CHECK (name <> ''),
    size_gib   INTEGER NOT NULL CHECK (size_gib > 0),
    -- What all of its hosts show of it: less than its size where an expansion has failed on one of them.
    usable_gib INTEGER NOT NULL CHECK (usable_gib BETWEEN 0 AND size_gib),
    -- What it takes of its hosting volume: more than its size while it is made larger.
    taken_gib  INTEGER NOT NULL CHECK (taken_gib >= size_gib),
    -- On how many hosts it is; while it is being made, on how many it is to be, 0 for all.
    ha_count   INTEGER NOT NULL CHECK (ha_count >= 0),
    auth       INTEGER NOT NULL CHECK (auth IN (0, 1)),
    -- How clients reach it; empty while it is being made.
    iqn        TEXT    NOT NULL,
    username   TEXT    NOT NULL,
    password   TEXT    NOT NULL,
    -- The clusters that its request named.
    clusters   TEXT    NOT NULL DEFAULT '[]' CHECK (json_valid(clusters)),
    phase      TEXT    NOT NULL CHECK (phase IN ('creating', 'ready', 'deleting')),
    -- As in heketi: the same name may be in another hosting volume.
    UNIQUE (hosting_id, name)
) STRICT;
CREATE INDEX block_volume_by_cluster ON block_volume (cluster_id);

-- The hosts that export it, by the names that gluster uses.
CREATE TABLE block_volume_host (
    block_volume_id TEXT    NOT NULL REFERENCES block_volume (id) ON DELETE CASCADE,
    seq             INTEGER NOT NULL CHECK (seq >= 0),
    name            TEXT    NOT NULL CHECK (name <> ''),
    PRIMARY KEY (block_volume_id, seq)
) STRICT, WITHOUT ROWID;

-- The room of a hosting volume is taken and given back with the rows of what is in it: the two can never disagree, and
-- the check of `volume` refuses to go below nothing.
CREATE TRIGGER block_volume_takes_room AFTER INSERT ON block_volume BEGIN
    UPDATE volume SET block_free_gib = block_free_gib - NEW.taken_gib WHERE id = NEW.hosting_id;
END;
CREATE TRIGGER block_volume_changes_room AFTER UPDATE OF taken_gib ON block_volume BEGIN
    UPDATE volume SET block_free_gib = block_free_gib + OLD.taken_gib - NEW.taken_gib WHERE id = NEW.hosting_id;
END;
CREATE TRIGGER block_volume_gives_room_back AFTER DELETE ON block_volume BEGIN
    UPDATE volume SET block_free_gib = block_free_gib + OLD.taken_gib WHERE id = OLD.hosting_id;
END;

-- Finds hosting volumes among all others.
CREATE INDEX volume_hosting ON volume (cluster_id, block_free_gib) WHERE block = 1;

-- The clusters that a volume's request named, which only dumps show.
ALTER TABLE volume ADD COLUMN asked_clusters TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(asked_clusters));
