-- Room for block volumes in the volumes that host them.

-- GiB that are free, and GiB that are kept back; what is neither is in block volumes. Both 0 for other volumes.
ALTER TABLE volume ADD COLUMN block_free_gib INTEGER NOT NULL DEFAULT 0 CHECK (block_free_gib >= 0);
ALTER TABLE volume ADD COLUMN block_reserved_gib INTEGER NOT NULL DEFAULT 0
    CHECK (block_reserved_gib >= 0 AND block_free_gib + block_reserved_gib <= size_gib * block);

-- Whether new block volumes are kept away.
ALTER TABLE volume ADD COLUMN block_restriction TEXT NOT NULL DEFAULT 'none'
    CHECK (block_restriction = 'none' OR (block = 1 AND block_restriction IN ('locked', 'locked-by-update')));

-- Nothing was in them so far. heketi rounds at each expansion, of which nothing is known any more: it keeps back of the
-- whole where it finds nothing kept back.
UPDATE volume SET block_free_gib = size_gib * 98 / 100, block_reserved_gib = size_gib - size_gib * 98 / 100
 WHERE block = 1;
