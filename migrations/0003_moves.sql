-- Expansions, and bricks that are moved to other devices.

-- What an operation has to know beside its steps, as JSON: how much a volume grows, which brick takes another's place.
ALTER TABLE operation ADD COLUMN detail TEXT NOT NULL DEFAULT '{"of":"nothing"}' CHECK (json_valid(detail));

-- Set on a brick that is being made to take the place of another one of its set, until it has done so. It has its space
-- already, and is in no list yet.
ALTER TABLE brick ADD COLUMN replaces TEXT REFERENCES brick (id);
CREATE INDEX brick_by_replaced ON brick (replaces) WHERE replaces IS NOT NULL;
