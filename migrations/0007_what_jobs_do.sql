-- What a job was started for. Its operation says that too, but is gone when the job has ended, and some jobs have none.
-- Unset for jobs of earlier versions.
ALTER TABLE job ADD COLUMN kind   TEXT;
ALTER TABLE job ADD COLUMN target TEXT;
