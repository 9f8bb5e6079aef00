"""The service's one key ring, for recordings and for the case store's sealed columns."""

from __future__ import annotations

from dialer.settings import Settings
from recordings.keys import KeyRing, open_key_ring, read_key_ring

ENVIRONMENT = "RINGFENCE_KEYS"


def open_keys(settings: Settings) -> KeyRing:
    """The ring that the environment gives whole, or the key file's; made at first use.

    Raises KeyFileError.
    """
    if settings.keys is not None:
        return read_key_ring(settings.keys.get_secret_value(), ENVIRONMENT)
    return open_key_ring(settings.key_path)
