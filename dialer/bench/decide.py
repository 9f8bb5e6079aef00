"""How many decisions one core makes: the pure function, with a long history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import cycle, islice

from compliance import packs
from compliance.decision import decide
from compliance.facts import (
    Channel,
    ContactEvent,
    ContactFacts,
    ContactRequest,
    Direction,
    Location,
    LocationKind,
    Mode,
)
from compliance.ledger import canonical
from compliance.permit import Permit
from compliance.record import record
from dialer.bench.people import ACTOR, LONG_AGO, NOON
from dialer.bench.result import Result
from dialer.bench.timing import watch

AIM = 5000
"""Decisions per second and core, with 200 events of history."""

_OUTCOMES = ("no_answer", "busy", "voicemail", "rpc", "no_answer", "delivered")
_CHANNELS = (Channel.CALL, Channel.CALL, Channel.CALL, Channel.CALL, Channel.CALL, Channel.SMS)


async def run(*, decisions: int = 20_000, events: int = 200) -> Result:
    """Decide for many people, and beside it write the record of each in canonical form."""
    people = list(cases(events))
    rows = [
        _row("decide", decisions, _decide(people, decisions), aim=AIM),
        _row("decide, record, canonical bytes", decisions, _record(people, decisions), aim=None),
        _row("count the history once (bare)", decisions, _bare(people, decisions), aim=None),
    ]
    return Result(
        name="decide",
        about=f"decisions with {events} events of history, all shipped packs, one core",
        rows=rows,
    )


_Case = tuple[ContactRequest, ContactFacts]


def _row(
    what: str, count: int, work: Callable[[], int], *, aim: int | None
) -> Mapping[str, object]:
    with watch() as spent:
        permits = work()
    return {
        "what": what,
        "count": count,
        "permitted": permits,
        "per_s_and_core": count / spent.core_seconds,
        "aim": aim,
    }


def _decide(people: Sequence[_Case], count: int) -> Callable[[], int]:
    catalogue = packs.shipped()

    def work() -> int:
        return sum(
            isinstance(
                decide(request, facts, packs.select(catalogue, request, facts), NOON), Permit
            )
            for request, facts in islice(cycle(people), count)
        )

    return work


def _record(people: Sequence[_Case], count: int) -> Callable[[], int]:
    catalogue = packs.shipped()

    def work() -> int:
        permits = 0
        for request, facts in islice(cycle(people), count):
            answer = decide(request, facts, packs.select(catalogue, request, facts), NOON)
            canonical(record(answer, request, facts))
            permits += isinstance(answer, Permit)
        return permits

    return work


def _bare(people: Sequence[_Case], count: int) -> Callable[[], int]:
    """One pass over the history with one comparison an event: what any counting must cost."""
    week_ago = NOON - timedelta(days=7)

    def work() -> int:
        return sum(
            sum(1 for e in facts.history if e.at >= week_ago and e.channel is Channel.CALL) < 7
            for _, facts in islice(cycle(people), count)
        )

    return work


def cases(events: int) -> Iterator[_Case]:
    """A hundred people; some have used up their calls, most have not."""
    for number in range(100):
        request = ContactRequest(
            attempt_id=f"attempt-{number}",
            person_id=f"person-{number}",
            channel=Channel.CALL,
            contact_point=f"point-{number}",
            address="+12125550123",
            debts=(f"debt-{number}",),
            campaign_id="campaign-1",
            mode=Mode.AGENT_DIALLED,
        )
        place = Location(
            kind=LocationKind.ADDRESS, tz="America/New_York", country="US", region="NY"
        )
        yield (
            request,
            ContactFacts(
                known_at=NOON,
                actor=ACTOR,
                locations=(place,),
                history=tuple(_history(number, events)),
                history_known_from=LONG_AGO,
            ),
        )


def _history(number: int, events: int) -> Iterator[ContactEvent]:
    gap = timedelta(hours=20 if number % 4 == 0 else 60)
    for back in range(events, 0, -1):
        kind = (number + back) % len(_OUTCOMES)
        yield ContactEvent(
            event_id=f"event-{number}-{back}",
            at=NOON - gap * back,
            channel=_CHANNELS[kind],
            direction=Direction.OUT,
            outcome=_OUTCOMES[kind],
            contact_point=f"point-{number}",
            debts=(f"debt-{number}",),
            campaign_id="campaign-1",
        )
