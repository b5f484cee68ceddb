-- Match runs of a window of time, in the order of time, for replays under another policy.

CREATE INDEX match_run_by_time ON match_run (evaluated_at, invoice_id, run_no);
