"""Every fact that a worked case may carry, and what it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from compliance.facts import (
    Channel,
    Consent,
    Hold,
    HoldKind,
    InconvenientTime,
    Location,
    LocationKind,
    OptOut,
)
from compliance.holidays import WEEKDAYS
from compliance.vector_reading import Reader

_DAWN = datetime(1970, 1, 1, tzinfo=UTC)
_SPOKEN = re.compile(r"\b(\d{1,2})(?::(\d\d))? ?([ap])\.?m\b\.?", re.I)
_CLOCK = r"(\d\d:\d\d)"
_BETWEEN = re.compile(rf"{_CLOCK} ?(?:and|to|until|-) ?{_CLOCK}")
_AFTER = re.compile(rf"\b(?:after|from) {_CLOCK}")
_BEFORE = re.compile(rf"\b(?:before|until) {_CLOCK}")
_AT = re.compile(rf"\bat {_CLOCK}")
_ON_DATE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")
_WORDS = re.compile(r"[a-z]+")
_NAMED_MINUTES = 30
_MEDIA = (
    (re.compile(r"\b(call|calls|phone)\b", re.I), Channel.CALL),
    (re.compile(r"\b(text|texts|sms)\b", re.I), Channel.SMS),
    (re.compile(r"\be-?mails?\b", re.I), Channel.EMAIL),
)

_ON_NUMBERS = (Channel.CALL, Channel.SMS, Channel.IM)


@dataclass(slots=True)
class Draft:
    """Facts gathered from a case before they become ContactFacts."""

    values: dict[str, Any] = field(default_factory=dict)
    consents: list[Consent] = field(default_factory=list)
    points: dict[str, dict[str, Any]] = field(default_factory=dict)
    address: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, *items: Any) -> None:
        """Add to a tuple of ContactFacts."""
        self.values[name] = (*self.values.get(name, ()), *items)


Understand = Callable[[Reader, str, Draft], None]


def _address_kind(reader: Reader, name: str, draft: Draft) -> None:
    draft.address["kind"] = reader.text(name)


def _agreed_hours(reader: Reader, name: str, draft: Draft) -> None:
    agreed = reader.child(name)
    draft.consents.append(
        Consent(
            consent_id=name,
            channel=None,
            given_to=agreed.text("given_to", default="collector"),
            given_at=agreed.instant("at", default=None) or _DAWN,
            basis=name,
            opens=agreed.clock("from"),
            closes=agreed.clock("to"),
            evidence=agreed.text("evidence", default=None),
        )
    )
    agreed.done()


def _bankruptcy(reader: Reader, name: str, draft: Draft) -> None:
    filed = reader.child(name)
    hold = Hold(
        kind=HoldKind.BANKRUPTCY,
        received_at=filed.instant("notice_at", default=None),
        starts_on=filed.day("filed", default=None),
        resolved_at=filed.instant("stay_ended_at", default=None),
        debts=filed.texts("debts", default=()),
        detail=filed.text("chapter", default=None),
    )
    filed.done()
    draft.add("holds", hold)


def _breathing_space(reader: Reader, name: str, draft: Draft) -> None:
    space = reader.child(name)
    ended = space.day("ended", default=None) or space.day("treatment_ended", default=None)
    hold = Hold(
        kind=HoldKind.BREATHING_SPACE,
        received_at=None,
        detail="_".join(_WORDS.findall(space.text("kind").lower())),
        starts_on=space.day("started"),
        debts=space.texts("debts", default=()),
        ends_at=None if ended is None else datetime.combine(ended, time(), tzinfo=UTC),
        resolved_at=space.instant("cancelled_at", default=None),
    )
    space.done()
    draft.add("holds", hold)


def _cease_notice(reader: Reader, name: str, draft: Draft) -> None:
    notice = reader.child(name)
    mailed = notice.day("mailed", default=None)
    received = notice.instant("received_at", default=None)
    hold = Hold(
        kind=HoldKind.CEASE,
        received_at=received,
        starts_on=mailed if received is None else None,
        debts=notice.texts("debts", default=()),
        in_writing=notice.flag("in_writing", default=None),
    )
    notice.done()
    draft.add("holds", hold)


def _consent(reader: Reader, name: str, draft: Draft) -> None:
    for number, given in enumerate(reader.children(name), start=1):
        scope = given.text("scope", default="")
        opens, closes = _named_hours(scope)
        dates = given.days("valid_dates", default=()) or _named_dates(scope)
        consent = Consent(
            consent_id=f"{name}-{number}",
            channel=_medium(scope),
            given_to=given.text("given_to"),
            given_at=given.instant("at", default=None) or _DAWN,
            debts=given.texts("debts", default=()),
            contact_point=given.text("number", default=None),
            opens=opens,
            closes=closes,
            valid_dates=dates,
            expires_at=given.instant("expires_at", default=None),
            revoked_at=given.instant("revoked_at", default=None),
            ended_by=given.text("ended_by", default=None),
            evidence=given.text("evidence", default=None),
            scope=scope or None,
        )
        given.done()
        draft.consents.append(consent)


def _named_hours(scope: str) -> tuple[time | None, time | None]:
    """The hours that the consumer's words name; one time of day stands for half an hour."""
    scope = _SPOKEN.sub(_clock, scope)
    if found := _BETWEEN.search(scope):
        return time.fromisoformat(found[1]), time.fromisoformat(found[2])
    if found := _AFTER.search(scope):
        return time.fromisoformat(found[1]), None
    if found := _BEFORE.search(scope):
        return time(), time.fromisoformat(found[1])
    if found := _AT.search(scope):
        opens = time.fromisoformat(found[1])
        end = datetime.combine(date(2000, 1, 1), opens) + timedelta(minutes=_NAMED_MINUTES)
        return opens, end.time() if end.day == 1 else None
    return None, None


def _clock(spoken: re.Match[str]) -> str:
    """A time of day as people say it, 9:30 p.m., by the 24-hour clock."""
    hour = int(spoken[1]) % 12 + (12 if spoken[3] in "pP" else 0)
    return f"{hour:02}:{spoken[2] or '00'}"


def _named_dates(scope: str) -> tuple[date, ...]:
    return tuple(date.fromisoformat(d) for d in _ON_DATE.findall(scope))


def _medium(scope: str) -> Channel | None:
    return next((channel for word, channel in _MEDIA if word.search(scope)), None)


def _debt_groups(reader: Reader, name: str, draft: Draft) -> None:
    draft.values[name] = reader.groups(name)


def _days_past_due(reader: Reader, name: str, draft: Draft) -> None:
    draft.values[name] = reader.number(name)


def _dispute(reader: Reader, name: str, draft: Draft) -> None:
    dispute = reader.child(name)
    in_period = dispute.flag("in_validation_period", default=None)
    words = {True: "in_validation_period", False: "after_validation_period", None: None}
    hold = Hold(
        kind=HoldKind.DISPUTE,
        received_at=dispute.instant("received_at", default=None),
        debts=dispute.texts("debts", default=()),
        in_writing=dispute.flag("in_writing", default=None),
        detail=words[in_period],
        resolved_at=dispute.instant("verification_sent_at", default=None),
    )
    dispute.done()
    draft.add("holds", hold)


def _flag(reader: Reader, name: str, draft: Draft) -> None:
    draft.values[name] = reader.flag(name)


def _email_basis(reader: Reader, name: str, draft: Draft) -> None:
    draft.address["email_basis"] = reader.text(name)


def _holidays(reader: Reader, name: str, draft: Draft) -> None:
    draft.values[name] = frozenset(reader.days(name))


def _inconvenient(reader: Reader, name: str, draft: Draft) -> None:
    for times in reader.children(name):
        words = times.texts("days")
        for word in words:
            if word not in WEEKDAYS:
                raise times.error("days", f"{word!r} is not one of {', '.join(WEEKDAYS)}")
        bar = InconvenientTime(
            weekdays=frozenset(WEEKDAYS.index(w) for w in words),
            opens=times.clock("from") or time(),
            closes=times.clock("to"),
            known_at=times.instant("at", default=None),
        )
        times.done()
        draft.add("inconvenient_times", bar)


def _inconvenient_places(reader: Reader, name: str, draft: Draft) -> None:
    draft.values[name] = frozenset(reader.texts(name))


def _learned_from(reader: Reader, name: str, draft: Draft) -> None:
    """Where the limits were learned binds no less: comment 6(b)(1)-1."""
    reader.text(name)


def _medium_optout(reader: Reader, name: str, draft: Draft) -> None:
    """A medium, one number or address on it, or a number or address whatever the medium."""
    for refused in reader.children(name):
        number = refused.text("number", default=None)
        point = number or refused.text("address", default=None)
        medium = refused.choice("medium", Channel, default=None)
        received = refused.instant("at", default=None)
        lifted = refused.instant("lifted_at", default=None)
        refused.done()
        if medium is None and point is None:
            raise refused.error("medium", "is missing, and no number or address is named")
        own = _ON_NUMBERS if number is not None else (Channel.EMAIL,)
        for channel in own if medium is None else (medium,):
            draft.add(
                "opt_outs",
                OptOut(
                    channel=channel, contact_point=point, received_at=received, lifted_at=lifted
                ),
            )


def _number_kinds(reader: Reader, name: str, draft: Draft) -> None:
    for number, kind in reader.pairs(name):
        draft.points.setdefault(number, {})["kind"] = kind


def _address_day(reader: Reader, name: str, draft: Draft) -> None:
    draft.address[name] = reader.day(name)


def _opted_out(reader: Reader, name: str, draft: Draft) -> None:
    draft.address[name] = reader.flag(name)


def _on_notice_sent(reader: Reader, name: str, draft: Draft) -> None:
    draft.values["notice_sent"] = reader.day(name)


def _represented(reader: Reader, name: str, draft: Draft) -> None:
    attorney = reader.child(name)
    known = attorney.flag("attorney_known", default=None)
    hold = Hold(
        kind=HoldKind.REPRESENTED,
        received_at=attorney.instant("at", default=None),
        debts=attorney.texts("debts", default=()),
        detail="attorney_unknown" if known is False else "attorney_known",
    )
    attorney.done()
    draft.add("holds", hold)


def _sms_consent(reader: Reader, name: str, draft: Draft) -> None:
    draft.consents.append(
        Consent(
            consent_id=name,
            channel=Channel.SMS,
            given_to="collector",
            given_at=reader.instant(name),
        )
    )


def _spoken_on(reader: Reader, name: str, draft: Draft) -> None:
    draft.values[name] = reader.day(name)


def _superseded(reader: Reader, name: str, draft: Draft) -> None:
    for place in reader.children(name):
        draft.add(
            name,
            Location(
                kind=place.choice("kind", LocationKind),
                tz=place.text("tz", default=None),
                country=place.text("country", default=None),
                region=place.text("state", default=None) or place.text("province", default=None),
                city=place.text("city", default=None),
                code=place.text("code", default=None),
                medium=place.text("medium", default=None),
                known_at=place.instant("at", default=None),
            ),
        )
        place.done()


def _wrong_numbers(reader: Reader, name: str, draft: Draft) -> None:
    for number, learned in reader.entries(name):
        draft.points.setdefault(number, {})["wrong_since"] = learned.instant("learned_at")
        learned.done()


FACTS: Mapping[str, Understand] = {
    "address_kind": _address_kind,
    "agreed_hours": _agreed_hours,
    "bankruptcy": _bankruptcy,
    "breathing_space": _breathing_space,
    "cease_notice": _cease_notice,
    "consent": _consent,
    "days_past_due": _days_past_due,
    "debt_groups": _debt_groups,
    "dispute": _dispute,
    "electronic_consent": _flag,
    "email_basis": _email_basis,
    "employer_prohibits": _flag,
    "holidays": _holidays,
    "inconvenient": _inconvenient,
    "inconvenient_places": _inconvenient_places,
    "learned_from": _learned_from,
    "medium_optout": _medium_optout,
    "notice_sent": _address_day,
    "number_kinds": _number_kinds,
    "on_notice_sent": _on_notice_sent,
    "opted_out": _opted_out,
    "optout_by": _address_day,
    "represented": _represented,
    "sms_consent_direct_at": _sms_consent,
    "spoken_on": _spoken_on,
    "superseded_locations": _superseded,
    "tcpa_consent": _flag,
    "wrong_numbers": _wrong_numbers,
}
"""Every fact by its name in a case."""
