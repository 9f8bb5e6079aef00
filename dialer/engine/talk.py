"""What agents do to the call on their page: hold, mute, keys, no recording, the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from dialer.engine.consulting import Consulting
from dialer.engine.prompts import load_music
from dialer.engine.screens import NotNow, OnScreen, Screens
from dialer.model.agent import AgentId
from dialer.telephony.port import NotConnected, TelephonyEngine, UnknownCall


class Talk:
    """The controls of the agents' calls. All raise NotNow where there is no call to control.

    `tell` is called with whose page shows the call otherwise.
    """

    def __init__(
        self,
        engine: TelephonyEngine,
        screens: Screens,
        consulting: Consulting,
        tell: Callable[[AgentId], None],
    ) -> None:
        self._engine = engine
        self._screens = screens
        self._consulting = consulting
        self._tell = tell
        self._music = load_music()

    async def hang_up(self, name: str) -> None:
        """End the consumer's leg."""
        await self._engine.hangup(self._screens.talk(name).errand.call_id)

    async def hold(self, name: str, on: bool) -> None:
        """Let the consumer hear music, or the agent again."""
        screen = self._screens.talk(name)
        if screen.consultation is not None:
            raise NotNow("somebody is consulted: bring all together, or go back")
        with _connected():
            if on:
                await self._engine.hold(screen.errand.call_id, self._music)
            else:
                await self._engine.resume(screen.errand.call_id)
        self._show(name, replace(screen, held=on))

    async def mute(self, name: str, on: bool) -> None:
        """Keep the agent's voice from the consumer, or not."""
        screen = self._screens.talk(name)
        with _connected():
            await self._engine.mute(screen.errand.call_id, on)
        self._show(name, replace(screen, muted=on))

    async def pause_recording(self, name: str, on: bool) -> None:
        """Keep what is said, such as a card number, out of the recording, or not."""
        screen = self._screens.talk(name)
        with _connected():
            await self._engine.pause_recording(screen.errand.call_id, on)
        self._show(name, replace(screen, unrecorded=on))

    async def press(self, name: str, digits: str) -> None:
        """Press keys towards the consumer, or towards somebody outside while talking with them.

        Raises ValueError for what is no key.
        """
        screen = self._screens.talk(name)
        outside = self._consulting.outside_leg(screen.errand.call_id)
        await self._engine.send_dtmf(outside or screen.errand.call_id, digits)

    def _show(self, name: str, screen: OnScreen) -> None:
        agent = AgentId(name)
        if self._screens.change(agent, screen):
            self._tell(agent)


@contextmanager
def _connected() -> Iterator[None]:
    try:
        yield
    except (NotConnected, UnknownCall, ValueError) as error:
        raise NotNow(str(error)) from error
