"""On what footing a channel may be used: consents and procedures for e-mail, text and robocalls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance import case as bits
from compliance import fields
from compliance.case import Case
from compliance.facts import Channel, ContactPointFacts, Mode
from compliance.permit import Condition
from compliance.rule import Clause, Reading, Rule
from compliance.windows import EARLIEST, FAR, Fixed, Span, minus

EMAIL_NAME = "email_procedure"
SMS_NAME = "sms_procedure"
WORK_EMAIL_NAME = "work_email"
OPTOUT_NOTICE_NAME = "optout_notice"
EXPRESS_CONSENT_NAME = "express_consent"
ELECTRONIC_CONSENT_NAME = "electronic_consent"
FIRST_NOTICE_NAME = "first_notice"

_EVER: Span = (EARLIEST, FAR)

EMAIL_FIELDS: Mapping[str, fields.Field] = {
    "own_bases": fields.words("bases that need no notice", required=True),
    "notice_basis": fields.text("the basis that runs by a notice with a date", required=True),
    "notice_days": fields.number("days to opt out that the notice must give", required=True),
}
SMS_FIELDS: Mapping[str, fields.Field] = {
    "days": fields.number("a text, consent or look-up holds for so many days", required=True),
    "given_to": fields.words("to whom a consent must have been given", required=True),
}
WORK_EMAIL_FIELDS: Mapping[str, fields.Field] = {
    "address_kinds": fields.words("kinds of address that the employer provides", required=True),
    "unless_basis": fields.words("bases that allow it", required=True),
}
OPTOUT_NOTICE_FIELDS: Mapping[str, fields.Field] = {}
EXPRESS_CONSENT_FIELDS: Mapping[str, fields.Field] = {
    "number_kinds": fields.words("kinds of number that need no such consent"),
    "ported_grace_days": fields.number("days after a move from landline to mobile", default=0),
}
ELECTRONIC_CONSENT_FIELDS: Mapping[str, fields.Field] = {
    "request_content": fields.text("content of the message that asks for the consent"),
    "request_days": fields.number("one such message in so many days", minimum=1, default=7),
}
FIRST_NOTICE_FIELDS: Mapping[str, fields.Field] = {
    "days": fields.number("days from sending the notice to the first contact", required=True),
}


@dataclass(frozen=True, slots=True)
class EmailProcedure(Clause):
    """The address was got by one of the procedures that keep the safe harbour."""

    own_bases: frozenset[str]
    notice_basis: str
    notice_days: int

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed where the recorded basis is no procedure, or its notice has not run out."""
        point = case.point
        if point is None or point.email_basis is None:
            return None
        if point.opted_out:
            return Reading(closed=Fixed(_EVER), reason="the consumer opted out of this address")
        if point.email_basis in self.own_bases:
            return None
        if point.email_basis != self.notice_basis:
            return Reading(
                closed=Fixed(_EVER), reason=f"{point.email_basis!r} is none of the procedures"
            )
        return self._by_notice(point, case)

    def _by_notice(self, point: ContactPointFacts, case: Case) -> Reading:
        sent, until = point.notice_sent, point.optout_by
        if sent is None or until is None:
            return Reading(closed=Fixed(_EVER), reason="no notice with a date is recorded")
        if (until - sent).days < self.notice_days:
            return Reading(
                closed=Fixed(_EVER), reason=f"the notice gave less than {self.notice_days} days"
            )
        opens = max(z.midnight(until.toordinal() + 1) for z in case.zones)
        return Reading(
            closed=Fixed((EARLIEST, opens)), reason="the time to opt out has not run out"
        )


@dataclass(frozen=True, slots=True)
class SmsProcedure(Clause):
    """The consumer texted from the number, or consented to texts, lately."""

    days: int
    given_to: frozenset[str]

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed outside the days after a text, consent or look-up; the last needs one before."""
        opened: list[Span] = []
        footing: datetime | None = None
        for at in sorted(self._texts_and_consents(case)):
            footing = at if footing is None else footing
            opened.append((at, at + timedelta(days=self.days)))
        checked = None if case.point is None else case.point.reassigned_check_at
        if checked is not None and footing is not None and checked >= footing:
            opened.append((checked, checked + timedelta(days=self.days)))
        return Reading(
            closed=Fixed(*minus([_EVER], opened)),
            reason=f"no text from the consumer or direct consent in {self.days} days",
        )

    def _texts_and_consents(self, case: Case) -> Iterator[datetime]:
        point = case.request.contact_point
        need = bits.IN | bits.SAME_NUMBER | bits.CHANNEL_BIT[Channel.SMS]
        for at, mask in case.events():
            if mask & need == need and not mask & bits.OPT_OUT_WORD and at <= case.now:
                yield at
        for c in case.facts.consents:
            if (
                c.channel is Channel.SMS
                and c.given_to in self.given_to
                and c.contact_point in (None, point)
                and c.given_at <= case.now
                and (c.revoked_at is None or c.revoked_at > case.now)
            ):
                yield c.given_at


@dataclass(frozen=True, slots=True)
class WorkEmail(Clause):
    """No e-mail to an address that the employer provides."""

    address_kinds: frozenset[str]
    unless_basis: frozenset[str]

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good to such an address without the consumer's own use or consent."""
        point = case.point
        if point is None or point.kind not in self.address_kinds:
            return None
        if point.email_basis in self.unless_basis:
            return None
        return Reading(closed=Fixed(_EVER), reason="the employer provides this address")


@dataclass(frozen=True, slots=True)
class OptOutNotice(Clause):
    """Every message says how to opt out."""

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed to a message known to lack the statement; the permit demands it otherwise."""
        if case.request.has_optout_notice is not False:
            return None
        return Reading(closed=Fixed(_EVER), reason="the message does not say how to opt out")

    def conditions(self, rule: Rule) -> Sequence[Condition]:
        """The statement is due in every message."""
        return [Condition(name="optout_notice", value="required", rule_id=rule.rule_id)]


@dataclass(frozen=True, slots=True)
class ExpressConsent(Clause):
    """Recorded and artificial voices to a mobile need prior express consent."""

    exempt_kinds: frozenset[str]
    ported_grace: timedelta

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good without consent; an unstated kind of number is taken for a mobile."""
        request, point = case.request, case.point
        if case.facts.tcpa_consent or case.number_kind in self.exempt_kinds:
            return None
        closed: list[Span] = [_EVER]
        if point is not None and point.ported_at is not None and request.mode is not Mode.AI_VOICE:
            closed = minus(closed, [(point.ported_at, point.ported_at + self.ported_grace)])
        return Reading(closed=Fixed(*closed), reason="no prior express consent is recorded")


@dataclass(frozen=True, slots=True)
class ElectronicConsent(Clause):
    """Electronic messages need consent first; one message may ask for it."""

    request_content: str | None
    request_days: int

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed without consent; a request for consent, once in its days, is open."""
        if case.facts.electronic_consent:
            return None
        if self.request_content is None or case.request.content != self.request_content:
            return Reading(closed=Fixed(_EVER), reason="no consent to electronic messages")
        need = bits.OUT | bits.SAME_PARTY | bits.CHANNEL_BIT[case.request.channel]
        asked = [at for at, mask in case.events() if mask & need == need]
        if not asked:
            return None
        ends = max(z.midnight(z.ordinal(max(asked)) + self.request_days) for z in case.zones)
        return Reading(closed=Fixed((EARLIEST, ends)), reason="consent was asked for lately")


@dataclass(frozen=True, slots=True)
class FirstNotice(Clause):
    """A written notice goes ahead of the first demand."""

    days: int

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed until so many dates after the notice was sent; for good where none was."""
        sent = case.facts.notice_sent
        if sent is None:
            return Reading(closed=Fixed(_EVER), reason="no written notice is recorded")
        opens = max(z.midnight(sent.toordinal() + self.days) for z in case.zones)
        return Reading(
            closed=Fixed((EARLIEST, opens)), reason=f"{self.days} days from the notice have not run"
        )


def build_email(values: dict[str, Any], channels: frozenset[Channel]) -> EmailProcedure:
    """The clause of one table."""
    return EmailProcedure(
        own_bases=frozenset(values["own_bases"]),
        notice_basis=values["notice_basis"],
        notice_days=values["notice_days"],
    )


def build_sms(values: dict[str, Any], channels: frozenset[Channel]) -> SmsProcedure:
    """The clause of one table."""
    return SmsProcedure(days=values["days"], given_to=frozenset(values["given_to"]))


def build_work_email(values: dict[str, Any], channels: frozenset[Channel]) -> WorkEmail:
    """The clause of one table."""
    return WorkEmail(
        address_kinds=frozenset(values["address_kinds"]),
        unless_basis=frozenset(values["unless_basis"]),
    )


def build_optout_notice(values: dict[str, Any], channels: frozenset[Channel]) -> OptOutNotice:
    """The clause of one table."""
    return OptOutNotice()


def build_express(values: dict[str, Any], channels: frozenset[Channel]) -> ExpressConsent:
    """The clause of one table."""
    return ExpressConsent(
        exempt_kinds=frozenset(values["number_kinds"]),
        ported_grace=timedelta(days=values["ported_grace_days"]),
    )


def build_electronic(values: dict[str, Any], channels: frozenset[Channel]) -> ElectronicConsent:
    """The clause of one table."""
    return ElectronicConsent(
        request_content=values["request_content"], request_days=values["request_days"]
    )


def build_first_notice(values: dict[str, Any], channels: frozenset[Channel]) -> FirstNotice:
    """The clause of one table."""
    return FirstNotice(days=values["days"])
