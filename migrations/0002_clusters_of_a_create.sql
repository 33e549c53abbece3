-- A volume create that failed in one cluster may be tried again in another one of its request.

-- The clusters that the request allowed, in its order; empty where it named none, which allows all.
ALTER TABLE operation ADD COLUMN clusters TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(clusters));

CREATE TRIGGER volume_moves AFTER UPDATE OF cluster_id ON volume BEGIN
    UPDATE cluster SET volume_count = volume_count - 1 WHERE id = OLD.cluster_id;
    UPDATE cluster SET volume_count = volume_count + 1 WHERE id = NEW.cluster_id;
END;
