-- Databases that come from heketi.

-- What an import could not reconcile, until somebody has mended it and says so.
CREATE TABLE finding (
    number      INTEGER NOT NULL PRIMARY KEY,
    subject     TEXT    NOT NULL,
    -- The id of what it is about; empty for what has none, and whatever heketi had where that is no id.
    subject_id  TEXT    NOT NULL,
    what        TEXT    NOT NULL,
    consequence TEXT    NOT NULL,
    cure        TEXT    NOT NULL
) STRICT;

-- The devices that take no new bricks because of a finding.
CREATE TABLE finding_device (
    number    INTEGER NOT NULL REFERENCES finding (number) ON DELETE CASCADE,
    device_id TEXT    NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    PRIMARY KEY (number, device_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_device_by_device ON finding_device (device_id);

-- Volumes of several sets whose bricks are numbered by their ids, because heketi does not keep which of them belong
-- together: gluster has to be asked before anything is decided by their sets.
CREATE TABLE unknown_sets (
    volume_id TEXT NOT NULL PRIMARY KEY REFERENCES volume (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
