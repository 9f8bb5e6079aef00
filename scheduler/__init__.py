"""When?  The clock, the cadence of attempts and the few periodic jobs."""
