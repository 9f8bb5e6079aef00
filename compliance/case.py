"""One candidate contact prepared for the rules: zones, the number, and the history read once.

The history is turned into pairs of instant and bit mask in a single pass; each counting rule then
needs one integer test an event.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from compliance.facts import (
    Channel,
    ContactEvent,
    ContactFacts,
    ContactPointFacts,
    ContactRequest,
    Direction,
)
from compliance.outcomes import CLASSES, OPT_OUT_WORD, UNMAPPED, Counts
from compliance.zones import Zone

# Above the bits of Counts (0-12): what kind of event it is and whom it concerns.
OUT = 1 << 13
IN = 1 << 14
SAME_PARTY = 1 << 15  # the consumer, or this third person at this number
SAME_NUMBER = 1 << 16
UNDER_CONSENT = 1 << 17
MISDIRECTED = 1 << 18  # to a number since learned not to be the person's
OTHER_ACTOR = 1 << 19
SAME_CREDITOR = 1 << 20
SAME_CAMPAIGN = 1 << 21
CHANNEL_BIT: dict[Channel, int] = {c: 1 << (22 + i) for i, c in enumerate(Channel)}
_DEBT_BASE = 22 + len(Channel)
_BITS_PER_DEBT = 4
COUNTED, DISCUSSED, GROUP_COUNTED, GROUP_DISCUSSED = range(_BITS_PER_DEBT)

CONSUMER = "consumer"
_CONNECTED = int(Counts.DIAL_CONNECTED_TO_NUMBER)


def debt_bit(index: int, relation: int) -> int:
    """The bit that ties an event to the request's debt number `index` by a relation."""
    return 1 << (_DEBT_BASE + _BITS_PER_DEBT * index + relation)


class Case:
    """A request and the facts, with what several rules need worked out once."""

    __slots__ = (
        "_events",
        "_points",
        "debts",
        "facts",
        "now",
        "number_kind",
        "point",
        "request",
        "zones",
    )

    def __init__(
        self, request: ContactRequest, facts: ContactFacts, now: datetime, zones: tuple[Zone, ...]
    ) -> None:
        self.request = request
        self.facts = facts
        self.now = now
        self.zones = zones
        self.debts = request.debts
        self._points = {p.contact_point: p for p in facts.contact_points}
        self.point = self._points.get(request.contact_point)
        self.number_kind = None if self.point is None else self.point.kind
        self._events: list[tuple[datetime, int]] | None = None

    def point_of(self, contact_point: str | None) -> ContactPointFacts | None:
        """The facts about a contact point, or None where nothing is known."""
        return None if contact_point is None else self._points.get(contact_point)

    def clock(self, fixed: Zone | None) -> tuple[Zone, ...]:
        """The zones whose clocks decide: the fixed one of a rule, or all the consumer may be in."""
        return self.zones if fixed is None else (fixed,)

    def dates(self, at: datetime) -> set[date]:
        """The local dates that an instant may be at the consumer's."""
        return {date.fromordinal(z.ordinal(at)) for z in self.zones}

    def events(self) -> list[tuple[datetime, int]]:
        """Every event of the history as (instant, mask), in the order given."""
        if self._events is None:
            self._events = self._scan()
        return self._events

    def mask(self, event: ContactEvent) -> int:
        """The mask of one event."""
        return self._masks((event,))[0][1]

    def _scan(self) -> list[tuple[datetime, int]]:
        return self._masks(self.facts.history)

    def _masks(self, history: Iterable[ContactEvent]) -> list[tuple[datetime, int]]:
        request, now = self.request, self.now
        party, number = request.party, request.contact_point
        own, creditor, campaign = request.by, request.creditor, request.campaign_id
        third = party != CONSUMER
        wrong = {
            p.contact_point
            for p in self.facts.contact_points
            if p.wrong_since is not None and p.wrong_since <= now
        }
        outward, classes, unmapped = Direction.OUT, CLASSES, UNMAPPED
        kinds: dict[tuple[Channel, Direction, str], int] = {}
        related: dict[tuple[str, ...], int] = {}
        scanned: list[tuple[datetime, int]] = []
        for e in history:
            about = e.channel, e.direction, e.outcome
            mask = kinds.get(about)
            if mask is None:
                mask = int(classes.get(e.outcome, unmapped)) | CHANNEL_BIT[e.channel]
                mask |= OUT if e.direction is outward else IN
                kinds[about] = mask
            ties = e.debts
            if e.also_discussed or e.allotted_debt is not None:
                mask |= self._relation(e)
            else:
                relation = related.get(ties)
                if relation is None:
                    relation = related[ties] = self._relation(e)
                mask |= relation
            if e.contact_point == number:
                mask |= SAME_NUMBER
                if e.party == party:
                    mask |= SAME_PARTY
            elif e.party == party and (not third or e.contact_point is None):
                mask |= SAME_PARTY
            if wrong and e.contact_point in wrong:
                mask |= MISDIRECTED
            if e.under_consent:
                mask |= UNDER_CONSENT
            if e.counts_as_connected is not None:
                mask = mask | _CONNECTED if e.counts_as_connected else mask & ~_CONNECTED
            if e.by is not None and own is not None and e.by != own:
                mask |= OTHER_ACTOR
            if e.creditor is None or creditor is None or e.creditor == creditor:
                mask |= SAME_CREDITOR
            if e.campaign_id is None or campaign is None or e.campaign_id == campaign:
                mask |= SAME_CAMPAIGN
            scanned.append((e.at, mask))
        return scanned

    def _relation(self, event: ContactEvent) -> int:
        """How an event bears on each of the request's debts; one about no debt bears on all."""
        counted = event.debts if event.allotted_debt is None else (event.allotted_debt,)
        discussed = (*event.debts, *event.also_discussed)
        mask = 0
        for index, debt in enumerate(self.debts):
            kin = self._kin(debt)
            if not counted or debt in counted:
                mask |= debt_bit(index, COUNTED)
            if not discussed or debt in discussed:
                mask |= debt_bit(index, DISCUSSED)
            if not counted or not kin.isdisjoint(counted):
                mask |= debt_bit(index, GROUP_COUNTED)
            if not discussed or not kin.isdisjoint(discussed):
                mask |= debt_bit(index, GROUP_DISCUSSED)
        return mask

    def _kin(self, debt: str) -> set[str]:
        kin = {debt}
        for group in self.facts.debt_groups:
            if debt in group:
                kin.update(group)
        return kin

    def conversed(self, before: datetime | None = None) -> bool:
        """Whether there was a talk with the person (before an instant)."""
        talk = int(Counts.EFFECTIVE_CONVERSATION) | SAME_PARTY
        return any(
            mask & talk == talk and (before is None or at < before) for at, mask in self.events()
        )

    def unanswered_message(self) -> datetime | None:
        """When the consumer last wrote or called by this medium, unless we contacted them since."""
        asked: datetime | None = None
        for e in self.facts.history:
            if e.channel is not self.request.channel or e.party != CONSUMER or e.at > self.now:
                continue
            if e.direction is Direction.OUT:
                asked = None
            elif e.outcome != OPT_OUT_WORD:
                asked = e.at
        return asked

    def last_exchange(self) -> datetime | None:
        """The latest event of the exchange that the consumer last started, by any medium."""
        latest: datetime | None = None
        for e in self.facts.history:
            if e.party != CONSUMER or e.at > self.now or e.outcome == OPT_OUT_WORD:
                continue
            if latest is not None or e.direction is Direction.IN:
                latest = e.at
        return latest

    def replies(self) -> bool:
        """Whether this is an answer to a message of the consumer that is not answered yet."""
        return self.request.in_reply and self.unanswered_message() is not None


def unknown_until(
    known_from: datetime | None, days: int, zones: tuple[Zone, ...]
) -> datetime | None:
    """When a window of `days` local dates lies wholly in known history; None = never by itself."""
    if known_from is None:
        return None
    ends: list[datetime] = []
    for z in zones:
        first = z.ordinal(known_from)
        if z.midnight(first) < known_from:
            first += 1
        ends.append(z.midnight(first + days - 1))
    return max(ends)


def hours_unknown_until(known_from: datetime | None, span: timedelta) -> datetime | None:
    """When a rolling window lies wholly in known history; None = never by itself."""
    return None if known_from is None else known_from + span
