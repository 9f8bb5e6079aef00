"""Send a text or an e-mail, and learn what became of it."""
