"""The spoken messages that ship with the service, as 20 ms G.711 frames by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources

from dialer.model.offer import Choice
from dialer.telephony.wire import g711
from dialer.telephony.wire.wav import read_frames

Frames = Sequence[bytes]
LIVE_MESSAGE = "live_message"
LIMITED_CONTENT = "limited_content"
RECORDING_NOTICE = "recording_notice"
ABANDONMENT = "abandonment"
APOLOGY = "apology"
NOBODY_FREE, OR_WAIT = "nobody_free", "or_wait"
PRESS = {Choice.CALLBACK: "press_1", Choice.MESSAGE: "press_2", Choice.NO_CALLS: "press_9"}
SPEAK, BEEP, TAKEN = "speak", "beep", "taken"
BOOKED, NOT_BOOKED, NO_CALLS, GOODBYE = "booked", "not_booked", "no_calls", "goodbye"
MUSIC = "hold_music"
BEEP_FRAMES = g711.tone(1000, 0.4)
JOINT = "+"
"""Stands between the names of messages that are said one after the other."""

FALLBACK_LANGUAGE = "en"


class Prompts:
    """Prepared messages; a language without its own voice is spoken to in English."""

    def __init__(self, frames: Mapping[str, Mapping[str, Frames]]) -> None:
        self._frames = frames

    def frames(self, language: str, name: str) -> Frames:
        """The frames of a message, or of several: "press_1+press_2".

        KeyError names a message that does not exist.
        """
        spoken = self._frames.get(
            language.split("-", maxsplit=1)[0], self._frames[FALLBACK_LANGUAGE]
        )
        parts = name.split(JOINT)
        return spoken[name] if len(parts) == 1 else [f for part in parts for f in spoken[part]]


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
                | {BEEP: BEEP_FRAMES, MUSIC: load_music()}
                for language in root.iterdir()
                if language.is_dir()
            }
        )
