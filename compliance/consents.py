"""The spans of time that a consumer's consents open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from compliance.case import OUT, SAME_PARTY, TALK, Case
from compliance.facts import Consent
from compliance.windows import ALWAYS, FAR, Span
from compliance.zones import Zone

_LOOKAHEAD_DAYS = 32
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


def agreements(
    case: Case, accepts: Callable[[Consent], bool]
) -> Iterator[tuple[Consent, list[Span]]]:
    """The accepted consents that hold for this contact, each with the time that it names."""
    for consent in case.facts.consents:
        if accepts(consent) and covers_request(consent, case):
            held = life(consent, case)
            if held is not None:
                yield consent, _clip(daily(consent, case), held)


def agreed_spans(case: Case, accepts: Callable[[Consent], bool]) -> list[Span]:
    """The time in which a consent that names local hours opens them, in every possible zone."""
    named = agreements(case, lambda c: c.opens is not None and accepts(c))
    return [span for _, spans in named for span in spans]


def asked_for(consent: Consent) -> bool:
    """Whether the consumer's words, or dates, say which contacts are agreed to."""
    return consent.scope is not None or bool(consent.valid_dates)


def won_in(consent: Consent, case: Case) -> datetime | None:
    """When the contact of ours began in whose course the consent was given; None if in none."""
    need = OUT | SAME_PARTY | TALK
    began = [
        at
        for at, mask in case.events()
        if mask & need == need and at <= consent.given_at <= at + _LONGEST_TALK
    ]
    return max(began, default=None)


def daily(consent: Consent, case: Case) -> Sequence[Span]:
    """The consent's dates and hours as spans, common to all zones; all time where it names none."""
    if consent.opens is None and not consent.valid_dates:
        return ALWAYS.spans
    today = tuple(where.ordinal(case.now) for where in case.zones)
    return _daily(consent.opens, consent.closes, consent.valid_dates, case.zones, today)


@lru_cache(maxsize=4096)
def _daily(
    opens: time | None,
    closes: time | None,
    dates: tuple[date, ...],
    zones: tuple[Zone, ...],
    today: tuple[int, ...],
) -> Sequence[Span]:
    common: list[Span] | None = None
    for where, day in zip(zones, today, strict=True):
        days = [d.toordinal() for d in sorted(dates)] or range(day - 1, day + _LOOKAHEAD_DAYS)
        here = [_day_span(opens, closes, where, ordinal) for ordinal in days]
        common = here if common is None else _common(common, here)
    return tuple(common or ())


def _day_span(opens: time | None, closes: time | None, where: Zone, ordinal: int) -> Span:
    if opens is None:
        return where.midnight(ordinal), where.midnight(ordinal + 1)
    first = opens.hour * 60 + opens.minute
    last = 1440 if closes is None else closes.hour * 60 + closes.minute
    if last <= first:
        last += 1440
    return where.at(ordinal, first, latest=True), where.at(ordinal, last, latest=False)


def _common(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    both = ((max(a[0], b[0]), min(a[1], b[1])) for a in left for b in right)
    return [span for span in both if span[0] < span[1]]


def _clip(spans: Sequence[Span], limit: Span) -> list[Span]:
    return _common(spans, [limit])


def more_calls_spans(case: Case, accepts: Callable[[Consent], bool], days: int) -> list[Span]:
    """The time in which a consent to further calls holds.

    The day on which it was received is day 1 of `days`; it ends earlier on its own terms, when
    revoked, and with the next conversation.
    """
    spans: list[Span] = []
    for consent, named in agreements(case, accepts):
        last = min(z.midnight(z.ordinal(consent.given_at) + days) for z in case.zones)
        end = min(last, case.next_talk(consent.given_at) or FAR)
        spans.extend(_clip(named, (consent.given_at, end)))
    return spans
