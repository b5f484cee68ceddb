-- What stopped an item of work, in which sort, to which flow it belongs, and how often it was put
-- back.

ALTER TABLE work ADD COLUMN error_code TEXT;
ALTER TABLE work ADD COLUMN correlation_id TEXT;
ALTER TABLE work ADD COLUMN buried_at BIGINT;
ALTER TABLE work ADD COLUMN replays BIGINT NOT NULL DEFAULT 0;
CREATE INDEX work_dead ON work (seq) WHERE state = 'dead';
