"""Sends the agreement of a proposed plan to the consumer as a link, and takes the acceptance.

The message is a contact like any other. It names no debt: the agreement is shown by the page
behind the link, to whoever tells a second fact about the consumer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from compliance.facts import Channel
from compliance.permit import Refusal
from dialer.casework.agreement_link import Use, make_token, read_token
from dialer.casework.terms import IdentityQuestion, Terms, terms_for
from dialer.engine.notices import WRITTEN, Notices
from dialer.model.case import Case, Offer
from dialer.model.plan import PlanRefused
from dialer.store import agreement_links, cases, plans
from dialer.store.agreement_links import Link
from dialer.store.attempts import NOT_SENT
from dialer.store.case_rows import read_case
from dialer.store.database import Database
from dialer.store.plan_rows import StoredPlan
from dialer.store.plans import Evidence

PURPOSE = "plan_agreement"
"""The purpose by which the rules know this contact; the template has the same name."""
READING = timedelta(minutes=30)
BY = "consumer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The link went out."""

    channel: Channel
    attempt_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOffered:
    """Nothing went out. `first_allowed_at` where a rule refused that opens by itself."""

    reasons: tuple[str, ...]
    first_allowed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An agreement before the consumer; `token` is what accepts it."""

    plan: StoredPlan
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """What is kept of the browser that accepted."""

    address: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementOffers:
    """`base` is the page's address, to which the token is appended; `key` signs the tokens."""

    db: Database
    notices: Notices
    terms: Terms
    base: str
    key: bytes

    async def send(
        self, plan_id: str, *, by: str, only: Sequence[Channel] = WRITTEN
    ) -> Offered | NotOffered:
        """Send the link by the first of these channels that is open now. Raises LookupError."""
        now = self.db.clock.now()
        async with self.db.read() as conn:
            stored = await plans.find(conn, plan_id)
            reasons = await agreement_links.against(conn, stored, now)
            row = await read_case(conn, stored.case_id)
            terms = terms_for(self.terms, row.country)
            question = await agreement_links.question_for(conn, row, terms)
            case = (await cases.load(conn, [row.id]))[row.id]
            ways = self.notices.ways(case, PURPOSE, only=only)
            if question is None:
                reasons += ("nothing is known that the page could ask the consumer",)
            if not ways:
                reasons += ("no written channel reaches the consumer",)
            if reasons or question is None:
                return NotOffered(reasons=reasons)
            asked = await self.notices.open_now(conn, ways)
        decision = await self.notices.admit(asked or ways[0], case)
        if isinstance(decision, Refusal):
            return NotOffered(
                reasons=tuple(f"refused by {rule}" for rule in decision.rules),
                first_allowed_at=decision.first_allowed_at,
            )
        link = await agreement_links.issue(
            self.db,
            plan_id,
            attempt_id=decision.attempt_id,
            question=question.fact,
            by=by,
            now=now,
        )
        attempted = await self.notices.send(decision, self._with(case, link), PURPOSE)
        if attempted.outcome == NOT_SENT:
            return NotOffered(reasons=(str(attempted.detail.get("reason", "not sent")),))
        return Offered(
            channel=decision.channel, attempt_id=decision.attempt_id, expires_at=link.expires_at
        )

    def _with(self, case: Case, link: Link) -> Case:
        token = make_token(Use.READ, link.id, link.expires_at, self.key)
        return replace(case, offer=Offer(url=self.base + token, until=link.expires_at))

    async def question(self, token: str) -> IdentityQuestion | None:
        """What the page asks; None where too many answers were wrong.

        Raises BadLink, LinkExpired, LookupError.
        """
        link_id = read_token(Use.READ, token, self.key, self.db.clock.now())
        async with self.db.read() as conn:
            link = await agreement_links.find(conn, link_id)
            case = await read_case(conn, (await plans.find(conn, link.plan_id)).case_id)
        if link.closed:
            return None
        asked = terms_for(self.terms, case.country).identity
        return next(question for question in asked if question.fact == link.question)

    async def show(self, token: str, answer: str) -> Shown | None:
        """The agreement, if the answer is right. Raises BadLink, LinkExpired, LookupError."""
        now = self.db.clock.now()
        link_id = read_token(Use.READ, token, self.key, now)
        plan = await agreement_links.answer(self.db, link_id, answer, self.terms, now=now)
        if plan is None:
            return None
        return Shown(plan=plan, token=make_token(Use.ACCEPT, link_id, now + READING, self.key))

    async def accept(
        self, token: str, agreement_sha256: str, browser: Browser
    ) -> StoredPlan | PlanRefused:
        """The consumer accepts what they were shown. Raises BadLink, LinkExpired, LookupError."""
        now = self.db.clock.now()
        link_id = read_token(Use.ACCEPT, token, self.key, now)
        async with self.db.read() as conn:
            link = await agreement_links.find(conn, link_id)
        evidence = Evidence(
            how="link",
            reference=link_id,
            agreement_sha256=agreement_sha256,
            by=BY,
            address=browser.address,
            browser=browser.name,
            token_sha256=sha256(token.encode()).hexdigest(),
        )
        return await plans.accept(self.db, link.plan_id, evidence, now=now)
