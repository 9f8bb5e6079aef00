"""The spoken messages that ship with the service, as 20 ms G.711 frames by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources

from dialer.telephony.wire.wav import read_frames

Frames = Sequence[bytes]
LIVE_MESSAGE = "live_message"
LIMITED_CONTENT = "limited_content"
RECORDING_NOTICE = "recording_notice"
ABANDONMENT = "abandonment"
APOLOGY = "apology"
INBOUND = "inbound"
FALLBACK_LANGUAGE = "en"


class Prompts:
    """Prepared messages; a language without its own voice is spoken to in English."""

    def __init__(self, frames: Mapping[str, Mapping[str, Frames]]) -> None:
        self._frames = frames

    def frames(self, language: str, name: str) -> Frames:
        """The frames of one message. KeyError names a message that does not exist."""
        spoken = self._frames.get(
            language.split("-", maxsplit=1)[0], self._frames[FALLBACK_LANGUAGE]
        )
        return spoken[name]


def load_music() -> Frames:
    """What a consumer hears on hold, over and over."""
    with resources.as_file(resources.files("dialer.engine") / "voices") as root:
        return read_frames(root / "hold_music.wav")


def load_prompts() -> Prompts:
    """Read the shipped messages."""
    with resources.as_file(resources.files("dialer.engine") / "voices") as root:
        return Prompts(
            {
                language.name: {wav.stem: read_frames(wav) for wav in language.glob("*.wav")}
                for language in root.iterdir()
                if language.is_dir()
            }
        )
