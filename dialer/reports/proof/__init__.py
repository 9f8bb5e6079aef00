"""The proof pack: all that is known of the contacts with one person, to be checked by anybody."""
