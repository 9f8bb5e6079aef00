"""The copy for listening: the recording again as Opus, a fifth of its size; the original stays."""

from __future__ import annotations

from pathlib import Path

import av
from av.error import FFmpegError

BITS_PER_SECOND = 32_000
"""For both channels: speech of a telephone loses nothing that an ear would miss."""


class NotPlayable(Exception):
    """The audio can't be read or written again; the message says why."""


def transcode(source: Path, target: Path) -> None:
    """Write the WAV at `source` as Ogg Opus to `target`, channel by channel. Raises NotPlayable."""
    try:
        with av.open(str(source)) as heard, av.open(str(target), "w", format="ogg") as said:
            track = heard.streams.audio[0]
            layout, rate = track.layout.name, track.rate
            written = said.add_stream("libopus", rate=rate, layout=layout)
            written.bit_rate = BITS_PER_SECOND
            resampler = av.AudioResampler(format="s16", layout=layout, rate=rate)
            for frame in [*heard.decode(track), None]:
                for ready in resampler.resample(frame):
                    said.mux(written.encode(ready))
            said.mux(written.encode(None))
    except (FFmpegError, IndexError, OSError, ValueError) as error:
        raise NotPlayable(f"{source.name} can't be made into Opus: {error}") from error
