"""May we contact this person, this way, now?  Pure values in, one decision out."""
