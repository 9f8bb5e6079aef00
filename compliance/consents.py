"""The spans of time that a consumer's consents open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta

from compliance.case import OUT, SAME_PARTY, TALK, Case
from compliance.facts import Consent
from compliance.windows import FAR, Span, common
from compliance.zones import Zone

_LONGEST_TALK = timedelta(hours=1)


def covers_request(consent: Consent, case: Case) -> bool:
    """Whether a consent is for this channel, this contact point and all of these debts."""
    request = case.request
    return (
        (consent.channel is None or consent.channel is request.channel)
        and (consent.contact_point is None or consent.contact_point == request.contact_point)
        and (not consent.debts or set(request.debts) <= set(consent.debts))
    )


def life(consent: Consent, case: Case) -> Span | None:
    """From when to when a consent holds; None where it was used up or never in force."""
    if consent.ended_by is not None or consent.given_at > case.now:
        return None
    ends = [at for at in (consent.expires_at, consent.revoked_at) if at is not None]
    start, end = consent.given_at, min(ends, default=FAR)
    return (start, end) if start < end else None


def holding(case: Case, accepts: Callable[[Consent], bool]) -> Iterator[tuple[Consent, Span]]:
    """The accepted consents for this contact, each with the time for which it holds."""
    for consent in case.facts.consents:
        if accepts(consent) and covers_request(consent, case):
            held = life(consent, case)
            if held is not None:
                yield consent, held


class Agreed:
    """The dates and local hours that a consent names, common to all zones, while it holds."""

    __slots__ = ("_consent", "_held", "_zones")

    def __init__(self, consent: Consent, held: Span, case: Case) -> None:
        self._consent = consent
        self._held = held
        self._zones = case.zones

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """The agreed spans, cut to [start, end)."""
        spans = common([self._held], [(start, end)])
        if self._consent.opens is not None or self._consent.valid_dates:
            for where in self._zones:
                spans = common(spans, self._days(where, start, end))
        return spans

    def _days(self, where: Zone, start: datetime, end: datetime) -> list[Span]:
        consent = self._consent
        dates = {day.toordinal() for day in consent.valid_dates}
        return [
            _day_span(consent.opens, consent.closes, where, ordinal)
            for ordinal in where.dates(start, end, eve=True)
            if not dates or ordinal in dates
        ]


def agreed(case: Case, accepts: Callable[[Consent], bool]) -> list[Agreed]:
    """The time that the accepted consents name."""
    return [Agreed(consent, held, case) for consent, held in holding(case, accepts)]


def asked_for(consent: Consent) -> bool:
    """Whether the consumer's words, or dates, say which contacts are agreed to."""
    return consent.scope is not None or bool(consent.valid_dates)


def won_in(consent: Consent, case: Case) -> datetime | None:
    """When the contact of ours began in whose course the consent was given; None if in none."""
    given = consent.given_at
    around = [e for e in case.facts.history if e.at <= given <= e.at + _LONGEST_TALK]
    need = OUT | SAME_PARTY | TALK
    began = [at for at, mask in case.masked(around) if mask & need == need]
    return max(began, default=None)


def _day_span(opens: time | None, closes: time | None, where: Zone, ordinal: int) -> Span:
    if opens is None:
        return where.midnight(ordinal), where.midnight(ordinal + 1)
    first = opens.hour * 60 + opens.minute
    last = 1440 if closes is None else closes.hour * 60 + closes.minute
    if last <= first:
        last += 1440
    return where.at(ordinal, first, latest=True), where.at(ordinal, last, latest=False)


def more_calls(case: Case, accepts: Callable[[Consent], bool], days: int) -> list[Agreed]:
    """The time in which consents to further calls hold.

    The day on which one was received is day 1 of `days`; it ends earlier on its own terms, when
    revoked, and with the next conversation.
    """
    found: list[Agreed] = []
    for consent, (start, end) in holding(case, accepts):
        last = min(z.midnight(z.ordinal(start) + days) for z in case.zones)
        talk = case.next_talk(start) or FAR
        found.append(Agreed(consent, (start, min(end, last, talk)), case))
    return found
