"""Opt-out: a medium, or one address or number, that the consumer refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance import case as bits
from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.permit import Verdict
from compliance.rule import Clause, Reading, Rule
from compliance.windows import EARLIEST, FAR, Fixed, Span
from compliance.zones import Zone

NAME = "opt_out"
CONFIRMATION = "optout_confirmation"

_MEDIA: Mapping[Channel, tuple[Channel, ...]] = {Channel.RVM: (Channel.RVM, Channel.CALL)}
"""Channels that are part of another medium: a ringless voicemail is a call, comment 14(b)-1."""

_SAID = bits.REFUSED | bits.SAME_PARTY

FIELDS: Mapping[str, fields.Field] = {
    "grace_business_days": fields.number(
        "outer limit for honouring it, in days of Monday to Friday", default=0
    ),
    "of_any": fields.words(
        "a refusal on any of these channels is one of this channel too", tuple(Channel)
    ),
    "confirmation_minutes": fields.number(
        "the one confirming message must go out so soon; absent = at any time", minimum=1
    ),
}


@dataclass(frozen=True, slots=True)
class OptOutClause(Clause):
    """Closed for what was refused, but for one confirmation of the refusal."""

    grace_business_days: int
    confirmation: timedelta | None
    of_any: tuple[Channel, ...]

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed from the refusal (and the grace) on, until it is lifted."""
        refused = list(self._refusals(case))
        if not refused:
            return None
        medium = case.request.channel.value
        reading = Reading(
            closed=Fixed(*((self._binds_from(start, case), end) for start, end in refused)),
            reason=f"the consumer refused {medium} here",
        )
        if case.request.content == CONFIRMATION:
            reading.lifts = [Fixed(*self._confirming(case, refused))]
            reading.lift_shows = Verdict.PASS
            reading.lift_reason = "the one confirmation of the refusal"
        return reading

    def _refusals(self, case: Case) -> Iterator[Span]:
        media, point = _media(case.request.channel) + self.of_any, case.request.contact_point
        for o in case.facts.opt_outs:
            if o.channel in media and o.contact_point in (None, point):
                yield o.received_at or EARLIEST, o.lifted_at or FAR
        word = bits.IN | bits.OPT_OUT_WORD | bits.SAME_NUMBER
        on_these = sum(bits.CHANNEL_BIT[c] for c in set(media))
        for at, mask in case.wishes():
            if (
                mask & on_these
                and at <= case.now
                and (mask & word == word or mask & _SAID == _SAID)
            ):
                yield at, _consented_again(case, at)

    def _binds_from(self, start: datetime, case: Case) -> datetime:
        if not self.grace_business_days or start == EARLIEST:
            return start
        return max(_business_days_later(start, self.grace_business_days, z) for z in case.zones)

    def _confirming(self, case: Case, refused: list[Span]) -> list[Span]:
        """When a refusal may be confirmed: in time, and as the first message since it stands.

        A refusal said again while one stands is no new one: it is confirmed once.
        """
        latest = max(start for start, _ in refused)
        first = min((start for start, end in refused if end > case.now), default=latest)
        need = bits.OUT | bits.SAME_NUMBER | bits.CHANNEL_BIT[case.request.channel]
        if any(mask & need == need and at >= first for at, mask in case.events()):
            return []
        if self.confirmation is None:
            return [(latest, FAR)]
        return [(latest, latest + self.confirmation + timedelta.resolution)]


def _media(channel: Channel) -> tuple[Channel, ...]:
    return _MEDIA.get(channel, (channel,))


def _consented_again(case: Case, refused_at: datetime) -> datetime:
    """When the consumer opted in again by a consent for this channel, given after the refusal."""
    again = [
        c.given_at
        for c in case.facts.consents
        if c.channel is case.request.channel
        and c.contact_point in (None, case.request.contact_point)
        and c.given_at > refused_at
        and c.given_at <= case.now
        and c.revoked_at is None
    ]
    return min(again, default=FAR)


def _business_days_later(start: datetime, count: int, where: Zone) -> datetime:
    ordinal = where.ordinal(start)
    while count:
        ordinal += 1
        if (ordinal + 6) % 7 < 5:
            count -= 1
    return where.midnight(ordinal + 1)


def build(values: dict[str, Any], channels: frozenset[Channel]) -> OptOutClause:
    """The clause of one table."""
    minutes = values["confirmation_minutes"]
    return OptOutClause(
        grace_business_days=values["grace_business_days"],
        confirmation=None if minutes is None else timedelta(minutes=minutes),
        of_any=tuple(Channel(c) for c in values["of_any"]),
    )
