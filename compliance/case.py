"""One candidate contact prepared for the rules: zones, the number, and the history read once.

The history is turned into pairs of instant and bit mask in a single pass; each counting rule then
needs one integer test an event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from compliance.facts import (
    Channel,
    ContactEvent,
    ContactFacts,
    ContactPointFacts,
    ContactRequest,
    Direction,
)
from compliance.outcomes import CLASSES, UNMAPPED, Counts
from compliance.zones import Zone

# Above the bits of Counts (0-13): what kind of event it is and whom it concerns.
OUT = 1 << 14
IN = 1 << 15
SAME_PARTY = 1 << 16  # the consumer, or this third person at this number
SAME_NUMBER = 1 << 17
UNDER_CONSENT = 1 << 18
MISDIRECTED = 1 << 19  # to a number since learned not to be the person's
OTHER_ACTOR = 1 << 20
SAME_CREDITOR = 1 << 21
SAME_CAMPAIGN = 1 << 22
CHANNEL_BIT: dict[Channel, int] = {c: 1 << (23 + i) for i, c in enumerate(Channel)}
_ANY_CHANNEL = sum(CHANNEL_BIT.values())
_DEBT_BASE = 23 + len(Channel)
_BITS_PER_DEBT = 4
COUNTED, DISCUSSED, GROUP_COUNTED, GROUP_DISCUSSED = range(_BITS_PER_DEBT)

CONSUMER = "consumer"
TALK = int(Counts.EFFECTIVE_CONVERSATION)
REFUSED = int(Counts.REFUSED)
OPT_OUT_WORD = int(Counts.OPT_OUT_WORD)
_CONNECTED = int(Counts.DIAL_CONNECTED_TO_NUMBER)
_OUTCOME_BITS = {outcome: int(counts) for outcome, counts in CLASSES.items()}
_UNMAPPED = int(UNMAPPED)
WISHES = frozenset(o for o, bits in _OUTCOME_BITS.items() if bits & (REFUSED | OPT_OUT_WORD))
"""Outcomes in which a person asked not to be contacted."""


def debt_bit(index: int, relation: int) -> int:
    """The bit that ties an event to the request's debt number `index` by a relation."""
    return 1 << (_DEBT_BASE + _BITS_PER_DEBT * index + relation)


class Case:
    """A request and the facts, with what several rules need worked out once."""

    __slots__ = (
        "_answers",
        "_channels",
        "_events",
        "_lately",
        "_points",
        "_recent",
        "_since",
        "_wishes",
        "debts",
        "facts",
        "now",
        "number_kind",
        "point",
        "request",
        "wrong",
        "zones",
    )

    def __init__(
        self,
        request: ContactRequest,
        facts: ContactFacts,
        now: datetime,
        zones: tuple[Zone, ...],
        *,
        lookback: timedelta,
        channels: int,
    ) -> None:
        self.request = request
        self.facts = facts
        self.now = now
        self.zones = zones
        self.debts = request.debts
        self._points = {p.contact_point: p for p in facts.contact_points}
        self.wrong = {
            p.contact_point
            for p in facts.contact_points
            if p.wrong_since is not None and p.wrong_since <= now
        }
        self.point = self._points.get(request.contact_point)
        self.number_kind = None if self.point is None else self.point.kind
        self._since = now - lookback
        self._channels = channels
        self._events: list[tuple[datetime, int]] | None = None
        self._recent: list[tuple[datetime, int]] | None = None
        self._lately: list[ContactEvent] | None = None
        self._wishes: list[tuple[datetime, int]] | None = None
        self._answers: set[tuple[datetime, int]] | None = None

    def point_of(self, contact_point: str | None) -> ContactPointFacts | None:
        """The facts about a contact point, or None where nothing is known."""
        return None if contact_point is None else self._points.get(contact_point)

    def clock(self, fixed: Zone | None) -> tuple[Zone, ...]:
        """The zones whose clocks decide: the fixed one of a rule, or all the consumer may be in."""
        return self.zones if fixed is None else (fixed,)

    def events(self) -> list[tuple[datetime, int]]:
        """Every event of the history as (instant, mask), in the order given."""
        if self._events is None:
            self._events = self.masked(self.facts.history)
        return self._events

    def lately(self) -> list[ContactEvent]:
        """The events that any window of the rules asked can hold: lately, on their channels."""
        if self._lately is None:
            since, wanted, channels = self._since, self._channels, CHANNEL_BIT
            self._lately = [
                e for e in self.facts.history if e.at >= since and channels[e.channel] & wanted
            ]
        return self._lately

    def recent(self) -> list[tuple[datetime, int]]:
        """The same events as (instant, mask)."""
        if self._recent is None:
            self._recent = self.masked(self.lately())
        return self._recent

    def wishes(self) -> list[tuple[datetime, int]]:
        """The events in which a person asked not to be contacted."""
        if self._wishes is None:
            self._wishes = self.masked([e for e in self.facts.history if e.outcome in WISHES])
        return self._wishes

    def masked(self, events: Sequence[ContactEvent]) -> list[tuple[datetime, int]]:
        """Events as (instant, mask); what few kinds of event have in common is worked out once."""
        if not events:
            return []
        request = self.request
        party, number, own = request.party, request.contact_point, request.by
        creditor, campaign = request.creditor, request.campaign_id
        third, wrong = party != CONSUMER, self.wrong
        common = 0 if creditor is not None else SAME_CREDITOR
        common |= 0 if campaign is not None else SAME_CAMPAIGN
        outcomes, channels, out = _OUTCOME_BITS, CHANNEL_BIT, Direction.OUT
        ties: dict[tuple[str, ...], int] = {}
        masked: list[tuple[datetime, int]] = []
        for e in events:
            mask = outcomes.get(e.outcome, _UNMAPPED) | channels[e.channel] | common
            mask |= OUT if e.direction is out else IN
            if e.also_discussed or e.allotted_debt is not None:
                mask |= self._relation(e)
            else:
                tie = ties.get(e.debts)
                if tie is None:
                    tie = ties[e.debts] = self._relation(e)
                mask |= tie
            point = e.contact_point
            if point == number or point is None:
                mask |= SAME_NUMBER
                if e.party == party:
                    mask |= SAME_PARTY
            elif not third and e.party == party:
                mask |= SAME_PARTY
            if wrong and point in wrong:
                mask |= MISDIRECTED
            if e.under_consent:
                mask |= UNDER_CONSENT
            if e.counts_as_connected is not None:
                mask = mask | _CONNECTED if e.counts_as_connected else mask & ~_CONNECTED
            if own is not None and e.by is not None and e.by != own:
                mask |= OTHER_ACTOR
            if creditor is not None and (e.creditor is None or e.creditor == creditor):
                mask |= SAME_CREDITOR
            if campaign is not None and (e.campaign_id is None or e.campaign_id == campaign):
                mask |= SAME_CAMPAIGN
            masked.append((e.at, mask))
        return masked

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

    def some(self, need: int) -> bool:
        """Whether any event has all of these bits."""
        return any(mask & need == need for _, mask in self.events())

    def unanswered_message(self) -> datetime | None:
        """When this party last wrote or called by this medium, unless we contacted them since."""
        need = SAME_PARTY | CHANNEL_BIT[self.request.channel]
        asked: datetime | None = None
        for at, mask in self.events():
            if mask & need == need and at <= self.now:
                if mask & OUT:
                    asked = None
                elif not mask & OPT_OUT_WORD:
                    asked = at
        return asked

    def exchanging(self, within: timedelta) -> bool:
        """Whether an exchange that this party started, by any medium, ran on until just now."""
        history = self.facts.history
        last = [e for e in history if self.now - within <= e.at <= self.now]
        if not any(self._speaks(mask) for _, mask in self.masked(last)):
            return False
        asked = [e for e in history if e.direction is Direction.IN and e.at <= self.now]
        return any(self._speaks(mask) for _, mask in self.masked(asked))

    @staticmethod
    def _speaks(mask: int) -> bool:
        return bool(mask & SAME_PARTY and not mask & OPT_OUT_WORD)

    def answers(self) -> set[tuple[datetime, int]]:
        """Our events that answered this party's message, by the same medium, on the same date."""
        if self._answers is None:
            self._answers = set()
            asked: dict[int, datetime] = {}
            for at, mask in self.events():
                medium = mask & _ANY_CHANNEL
                if not mask & SAME_PARTY:
                    continue
                if mask & OUT:
                    since = asked.pop(medium, None)
                    if since and all(z.ordinal(since) == z.ordinal(at) for z in self.zones):
                        self._answers.add((at, mask))
                elif not mask & (OPT_OUT_WORD | TALK):
                    asked[medium] = at
        return self._answers

    def next_talk(self, after: datetime) -> datetime | None:
        """The first talk with a person after an instant; None where there was none."""
        return min(
            (
                e.at
                for e in self.facts.history
                if e.at > after and _OUTCOME_BITS.get(e.outcome, _UNMAPPED) & TALK
            ),
            default=None,
        )

    def replies(self) -> bool:
        """Whether this is an answer to a message of that party that is not answered yet."""
        return self.request.in_reply and self.unanswered_message() is not None
