-- Clones: their bricks are thin volumes in the pools of the bricks that they are copies of.

-- The logical volume, where gluster has made and named it; `brick_` and the id where it is unset.
ALTER TABLE brick ADD COLUMN logical_volume TEXT CHECK (logical_volume <> '');

-- Finds what else is in a pool, and the bricks of a device.
CREATE INDEX brick_by_pool ON brick (device_id, thin_pool);
DROP INDEX brick_by_device;

-- What takes space is the pool: once, from its first brick to its last one, whichever these are. All bricks in a pool
-- have its sizes.
DROP TRIGGER brick_takes_space;
DROP TRIGGER brick_gives_space_back;
CREATE TRIGGER brick_takes_space AFTER INSERT ON brick
WHEN NOT EXISTS (SELECT 1 FROM brick WHERE device_id = NEW.device_id AND thin_pool = NEW.thin_pool AND id <> NEW.id)
BEGIN
    UPDATE device SET free_kib = free_kib - (NEW.thin_pool_kib + NEW.metadata_kib),
                      used_kib = used_kib + (NEW.thin_pool_kib + NEW.metadata_kib),
                      brick_count = brick_count + 1
     WHERE id = NEW.device_id;
END;
CREATE TRIGGER brick_shares_space AFTER INSERT ON brick
WHEN EXISTS (SELECT 1 FROM brick WHERE device_id = NEW.device_id AND thin_pool = NEW.thin_pool AND id <> NEW.id)
BEGIN
    UPDATE device SET brick_count = brick_count + 1 WHERE id = NEW.device_id;
END;
CREATE TRIGGER brick_gives_space_back AFTER DELETE ON brick
WHEN NOT EXISTS (SELECT 1 FROM brick WHERE device_id = OLD.device_id AND thin_pool = OLD.thin_pool)
BEGIN
    UPDATE device SET free_kib = free_kib + (OLD.thin_pool_kib + OLD.metadata_kib),
                      used_kib = used_kib - (OLD.thin_pool_kib + OLD.metadata_kib),
                      brick_count = brick_count - 1
     WHERE id = OLD.device_id;
END;
CREATE TRIGGER brick_leaves_space AFTER DELETE ON brick
WHEN EXISTS (SELECT 1 FROM brick WHERE device_id = OLD.device_id AND thin_pool = OLD.thin_pool)
BEGIN
    UPDATE device SET brick_count = brick_count - 1 WHERE id = OLD.device_id;
END;
