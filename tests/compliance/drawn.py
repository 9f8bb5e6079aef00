"""Cases as Hypothesis draws them; their repr is short enough to be read when a property breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any

from hypothesis import strategies as st

from compliance.decision import decide
from compliance.facts import (
    Channel,
    Consent,
    ContactEvent,
    ContactFacts,
    ContactPointFacts,
    ContactRequest,
    Direction,
    Hold,
    HoldKind,
    InconvenientTime,
    Mode,
)
from compliance.outcomes import CLASSES
from compliance.pack import Rulebook
from compliance.packs import shipped
from compliance.permit import Permit, Refusal
from compliance.zones import zone
from tests.compliance.samples import DAWN, FACTS, MARKS, REQUEST, pack, place

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",
    "Europe/London",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Santiago",
    "America/Havana",
)
ODD_ZONES = (
    "America/Havana",  # midnight comes twice, or is skipped
    "America/Santiago",  # a day of 25 hours ends at its own midnight
    "Africa/Cairo",
    "Africa/Casablanca",  # the clock goes back for Ramadan
    "America/Nuuk",
    "America/St_Johns",
    "Antarctica/Troll",  # two hours at once
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
PACKS = ("us.regf", "us.wa", "us.ma.collector", "us.dc", "us.tcpa", "cn.card", "cn.gbt", "au")
PACKS += ("ca.on", "uk", "kr", "it.unirec", "core", "house", "us.ny.nyc")
OUTCOMES = sorted(CLASSES)

START = datetime(2026, 1, 10, tzinfo=UTC)
instants = st.integers(0, 366 * 24 * 60 * 3).map(
    lambda thirds: START + timedelta(seconds=20 * thirds)
)
clocks = st.times().map(lambda t: t.replace(microsecond=0, second=0))
weekdays = st.frozensets(st.integers(0, 6), min_size=1)
bars = st.builds(InconvenientTime, weekdays=weekdays, opens=clocks, closes=st.none() | clocks)


class Drawn:
    """A candidate with its facts and rules, and the text of the pack that was made for it.

    No dataclass: of one Hypothesis prints every field in full, whole packs among them.
    """

    def __init__(
        self,
        request: ContactRequest,
        facts: ContactFacts,
        book: Rulebook,
        now: datetime,
        rules: str = "",
    ) -> None:
        self.request = request
        self.facts = facts
        self.book = book
        self.now = now
        self.rules = rules

    def __iter__(self) -> Iterator[Any]:
        yield from (self.request, self.facts, self.book, self.now)

    def __repr__(self) -> str:
        packs = " ".join(p.pack_id for p in self.book.packs)
        parts = [f"now={brief(self.now)}", f"packs={packs}", brief(self.request), brief(self.facts)]
        return "Drawn(\n  " + "\n  ".join([*parts, *self.rules.splitlines()]) + ")"

    def at(self, when: datetime) -> Permit | Refusal:
        """The decision on the case at an instant."""
        return decide(self.request, self.facts, self.book, when)


def brief(value: Any) -> str:
    """A value in few words: what is as by default is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        named = [
            f"{f.name}={brief(getattr(value, f.name))}"
            for f in fields(value)
            if f.default is MISSING or getattr(value, f.name) != f.default
        ]
        return f"{type(value).__name__}({', '.join(named)})"
    if isinstance(value, (tuple, frozenset)):
        return f"[{', '.join(brief(v) for v in value)}]"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value.value) if isinstance(value, Enum) else repr(value)


@st.composite
def events(draw: st.DrawFn, now: datetime, outcomes: Sequence[str]) -> ContactEvent:
    """An outbound event of the last fortnight."""
    return ContactEvent(
        event_id="e",
        at=now - timedelta(minutes=draw(st.integers(0, 60 * 24 * 14))),
        channel=draw(st.sampled_from([Channel.CALL, Channel.SMS, Channel.EMAIL])),
        direction=Direction.OUT,
        outcome=draw(st.sampled_from(outcomes)),
        contact_point=draw(st.sampled_from(["n1", "n2"])),
        debts=draw(st.sampled_from([("D1",), ("D2",), ("D1", "D2"), ()])),
    )


@st.composite
def consents(draw: st.DrawFn, now: datetime) -> Consent:
    """A consent of the last days: to hours, to dates, to calls, or to a channel."""
    offered = st.integers(-2, 5).map(lambda d: (now + timedelta(days=d)).date())
    return Consent(
        consent_id="c",
        channel=draw(st.sampled_from([None, Channel.CALL, Channel.SMS])),
        given_to=draw(st.sampled_from(["collector", "creditor"])),
        given_at=now - timedelta(days=draw(st.integers(0, 9))),
        opens=draw(st.none() | clocks),
        closes=draw(st.none() | clocks),
        valid_dates=tuple(draw(st.lists(offered, max_size=2))),
        expires_at=draw(st.none() | st.integers(1, 90).map(lambda h: now + timedelta(hours=h))),
    )


@st.composite
def cases(draw: st.DrawFn) -> Drawn:
    """A candidate with places, history, wishes and shipped packs."""
    now = draw(instants)
    packs = draw(st.lists(st.sampled_from(PACKS), min_size=1, max_size=4, unique=True))
    facts = replace(
        FACTS,
        known_at=now,
        actor=draw(st.sampled_from(["third_party_collector", "bank"])),
        locations=tuple(
            place(z) for z in draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3))
        ),
        history=tuple(draw(st.lists(events(now, OUTCOMES), max_size=14))),
        history_known_from=draw(st.sampled_from([DAWN, DAWN, now - timedelta(days=3), None])),
        inconvenient_times=tuple(draw(st.lists(bars, max_size=2))),
        consents=tuple(draw(st.lists(consents(now), max_size=2))),
        notice_sent=draw(st.sampled_from([None, date(2026, 1, 2)])),
        electronic_consent=draw(st.sampled_from([None, True])),
    )
    channel = draw(st.sampled_from([Channel.CALL, Channel.CALL, Channel.SMS, Channel.EMAIL]))
    request = replace(
        REQUEST,
        channel=channel,
        mode=draw(st.sampled_from(list(Mode))) if channel is Channel.CALL else None,
        debts=draw(st.sampled_from([("D1",), ("D1", "D2"), ()])),
    )
    return Drawn(request, facts, Rulebook.of(shipped()[p] for p in packs), now)


# --- the edges of time --------------------------------------------------------------------------


def _changes(key: str) -> list[datetime]:
    """The instants of 2026 and 2027 at which a zone's clocks change, to the half hour."""
    where = zone(key)
    assert where is not None

    def steps(start: datetime, count: int, step: timedelta) -> list[datetime]:
        times = [start + step * n for n in range(count)]
        offsets = [at.astimezone(where.info).utcoffset() for at in times]
        return [times[n] for n in range(1, count) if offsets[n] != offsets[n - 1]]

    day, half = timedelta(days=1), timedelta(minutes=30)
    days = steps(datetime(2026, 1, 1, tzinfo=UTC), 730, day)
    return [at for end in days for at in steps(end - day, 49, half)]


CHANGES = sorted({at for key in ODD_ZONES for at in _changes(key)})
MINUTES = ("00:00", "00:15", "00:30", "01:00", "01:45", "02:15", "02:30", "08:00", "21:00", "23:30")
MINUTES += ("24:00",)
CLOSED = '"closed"'
_HOURS = '[[hours]]\nid = "H{n}"\nagreement = "{agreement}"\n'
_CAP = '[[frequency]]\nid = "F{n}"\ncounts = "{counts}"\nlimit = {limit}\nscope = ["person"]\n'
_LIFTS = 'lifts = ["H0", "W", "D"]\n'
FIXED_RULES = (
    '[[inconvenient_time]]\nid = "W"\n',
    '[[hold]]\nid = "D"\nmark = "dispute"\n',
    '[[hold]]\nid = "B"\nmark = "breathing_space"\ndays = 3\nfrom_start = true\n',
    '[[cooldown]]\nid = "C"\nafter = "answered"\nminutes = 90\nscope = ["person"]\n',
    '[[cooldown]]\nid = "C7"\nafter = "effective_conversation"\ndays = 2\nscope = ["person"]\n',
    '[[opt_out]]\nid = "O"\nconfirmation_minutes = 5\n',
    '[[opt_out]]\nid = "G"\ngrace_business_days = 2\n',
    '[[third_party]]\nid = "P"\nallowed = ["consumer"]\nunreachable_days = 2\n'
    'then_for = ["locate"]\n',
    '[[first_notice]]\nid = "N"\ndays = 3\n',
    '[[consent]]\nid = "L"\ngiven_to = ["collector"]\nopens = "hours"\n'
    "not_in_barred_contact = true\n" + _LIFTS,
    '[[consent]]\nid = "M"\ngiven_to = ["collector"]\nopens = "calls"\ndays = 2\nlifts = ["F0"]\n',
    '[[reply]]\nid = "R"\nexchange_minutes = 10\nwithin_days = 1\n' + _LIFTS,
)


@st.composite
def _hours(draw: st.DrawFn, n: int) -> str:
    """A table of hours whose edges lie where clocks change, with odd weekdays and holidays."""
    pairs = st.lists(st.sampled_from(MINUTES), min_size=2, max_size=2, unique=True).map(sorted)
    opens, closes = draw(pairs)
    text = _HOURS.format(n=n, agreement=draw(st.sampled_from(["lifts", "displaces", "none"])))
    text += f'open = "{opens}"\nclose = "{closes}"\n'
    for day in draw(st.lists(st.sampled_from(["mon", "fri", "sat", "sun"]), unique=True)):
        text += f"{day} = {draw(st.just(CLOSED) | pairs.map(str))}\n"
    if draw(st.booleans()):
        text += 'holiday = "closed"\nholidays = ["sun#-1@03", "mon#1@11", "easter+1"]\n'
    return text


@st.composite
def _caps(draw: st.DrawFn, n: int) -> str:
    counts = draw(st.sampled_from(["attempt", "dial_connected_to_number", "answered"]))
    kinds = ['"calendar_day"', '"consecutive_days", n = 3', '"rolling_hours", n = 5', '"ever"']
    text = _CAP.format(n=n, counts=counts, limit=draw(st.integers(1, 3)))
    return text + f"window = {{ kind = {draw(st.sampled_from(kinds))} }}\n"


@st.composite
def edges(draw: st.DrawFn) -> Drawn:
    """A candidate near a change of clocks, where rules and wishes begin, end and are lifted."""
    change = draw(st.sampled_from(CHANGES))
    now = change + timedelta(minutes=draw(st.integers(-60 * 60, 36 * 60)))
    day = st.integers(-2, 4).map(lambda d: (now + timedelta(days=d)).date())
    near = st.integers(-60 * 24 * 3, 60 * 24 * 3).map(lambda m: now + timedelta(minutes=m))
    tables = [draw(_hours(0)), draw(_caps(0))]
    tables += draw(st.lists(st.sampled_from(FIXED_RULES), unique=True, max_size=6))
    tables += [draw(_hours(1))] * draw(st.integers(0, 1)) + [draw(_caps(1))] * draw(
        st.integers(0, 1)
    )
    rules = ""
    for table in tables:
        dated = draw(st.sampled_from(["", "", "", "applies_from", "applies_to"]))
        rules += table + MARKS + (f"{dated} = {draw(day)}\n" if dated else "")
    lately = st.integers(0, 60 * 24 * 3).map(lambda m: now - timedelta(minutes=m))
    event = st.builds(
        ContactEvent,
        event_id=st.just("e"),
        at=lately | st.just(change - timedelta(days=1)),
        channel=st.sampled_from([Channel.CALL, Channel.SMS]),
        direction=st.sampled_from([Direction.OUT, Direction.OUT, Direction.IN]),
        outcome=st.sampled_from(
            ["no_answer", "conversation", "received", "STOP", "not_in_service"]
        ),
        contact_point=st.just("n1"),
        debts=st.just(("D1",)),
    )
    history = sorted(draw(st.lists(event, max_size=6)), key=lambda e: e.at)
    hold = st.builds(
        Hold,
        kind=st.sampled_from([HoldKind.DISPUTE, HoldKind.BREATHING_SPACE]),
        received_at=near,
        starts_on=st.none() | day,
        ends_at=st.none() | near | st.just(now + timedelta(days=60)),
    )
    facts = replace(
        FACTS,
        known_at=now,
        locations=tuple(
            place(z) for z in draw(st.lists(st.sampled_from(ODD_ZONES), min_size=1, max_size=2))
        ),
        history=tuple(e for e in history if e.at <= now),
        history_known_from=draw(st.just(DAWN) | lately),
        inconvenient_times=tuple(draw(st.lists(bars, max_size=2))),
        consents=tuple(draw(st.lists(consents(now), max_size=2))),
        holds=tuple(draw(st.lists(hold, max_size=1))),
        holidays=frozenset(draw(st.lists(day, max_size=2))),
        notice_sent=draw(day),
        contact_points=(ContactPointFacts(contact_point="n1", kind="mobile"),),
    )
    request = replace(
        REQUEST,
        channel=draw(st.sampled_from([Channel.CALL, Channel.SMS])),
        mode=None,
        party=draw(st.sampled_from(["consumer", "consumer", "consumer", "friend"])),
        purpose=draw(st.sampled_from(["collect", "locate"])),
        content=draw(st.sampled_from([None, None, "optout_confirmation"])),
        in_reply=draw(st.booleans()),
    )
    return Drawn(request, facts, Rulebook.of([pack(_without_missing(rules))]), now, rules)


def _without_missing(rules: str) -> str:
    """The rules, lifting only what is there."""
    for rule_id in ("W", "D"):
        if f'id = "{rule_id}"\n' not in rules:
            rules = rules.replace(f', "{rule_id}"', "")
    return rules
