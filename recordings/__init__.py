"""Keep call audio, prove it unchanged, forget it on time."""
