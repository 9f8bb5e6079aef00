"""What was done, read from the case store: one read-only module a report, SQL in the open."""
