"""What a channel of contact does for the outreach: one contact, from permit to first outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from compliance.permit import Permit
from dialer.model.campaign import Campaign
from dialer.model.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """What a contact came to, in the words of the contact history.

    `detail` is kept with the attempt; `recording` is a closed file that is still to be sealed,
    `recording_error` why it is not whole, `notice_ms` where its notice ends.
    """

    outcome: str
    counts_as_connected: bool | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    recording: Path | None = None
    recording_error: str | None = None
    notice_ms: int | None = None
    keys: str = ""


class ContactChannel(Protocol):
    """Calls, texts or e-mails."""

    async def ready(self) -> str | None:
        """None when contacts may go out by this channel now, else the reason why not."""
        ...

    async def contact(
        self, permit: Permit, campaign: Campaign | None, case: Case, template: str
    ) -> Attempted:
        """Make the contact; no campaign stands behind an answer to a consumer.

        What was not sent is `not_sent`; doubt is `unknown`.
        """
        ...

    async def after(self, permit: Permit, case: Case, attempted: Attempted) -> None:
        """What is due once the outcome is in the store."""
        ...
