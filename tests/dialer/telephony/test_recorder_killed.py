"""A service killed in the middle of a call: what was said up to the last second is on the disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dialer.telephony.wire import g711, wav
from recordings.wav import duration_s

RECORDS = """
import asyncio, os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from dialer.telephony.drivers.sip.recorder import Recorder
from dialer.telephony.wire import g711

async def main() -> None:
    with ThreadPoolExecutor(1) as writer:
        recorder = await Recorder.open(sys.argv[1], writer)
        for frame in g711.tone(440, float(sys.argv[2])):
            recorder.add(frame, g711.SILENCE)
        await asyncio.get_running_loop().run_in_executor(writer, int)  # what was due is written
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_a_killed_recording_is_whole_up_to_its_last_second(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    died = subprocess.run([sys.executable, "-W", "ignore", "-c", RECORDS, path, "7.5"], check=False)
    assert died.returncode == -9
    assert 6.5 < duration_s(path) <= 7.5
    ours, theirs = wav.read(path)
    assert ours[:8000] == b"".join(g711.tone(440, 1.0))
    assert set(theirs) == {0xFF}
