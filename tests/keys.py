"""The key ring of every store that a test makes by itself."""

from __future__ import annotations

import json

from recordings.keys import read_key_ring

KEY_TEXT = json.dumps(
    {
        "keys": [{"id": "test", "key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}],
        "index": {"key": "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="},
    }
)
"""As RINGFENCE_KEYS takes it, for what a test runs with settings of its own."""

KEYS = read_key_ring(KEY_TEXT, "the tests' keys")
