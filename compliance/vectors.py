"""Worked cases as JSON: one case into request, facts and rulebook, and its decision as one line.

The format is that of the collections industry's worked cases as `ringfence decide` reads them: a
document with `vectors`, each with packs, actor, the consumer's locations, facts, history and the
proposed contact. `expected` is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from compliance.decision import decide
from compliance.facts import (
    Channel,
    ContactEvent,
    ContactFacts,
    ContactPointFacts,
    ContactRequest,
    Direction,
    Location,
    LocationKind,
    Mode,
)
from compliance.ledger import instant
from compliance.pack import Rulebook, RulePack
from compliance.packs import missing, select
from compliance.permit import Permit, Refusal
from compliance.vector_facts import FACTS, Draft
from compliance.vector_reading import Reader, VectorError

__all__ = ["Vector", "VectorError", "decide_vectors", "line", "read_vector"]

_DAWN = datetime(1970, 1, 1, tzinfo=UTC)
_MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One case, ready to be decided."""

    vector_id: str
    request: ContactRequest
    facts: ContactFacts
    rulebook: Rulebook
    now: datetime


def decide_vectors(
    document: object, catalogue: Mapping[str, RulePack]
) -> Iterator[dict[str, object] | VectorError]:
    """The decision on each case of a document, in order, or what is wrong with that case.

    VectorError where the document itself holds no list of cases.
    """
    cases = document.get("vectors") if isinstance(document, dict) else None
    if not isinstance(cases, list):
        raise VectorError("the document", "vectors", "an object with a list of cases is needed")
    for number, case in enumerate(cases, start=1):
        try:
            vector = read_vector(case, catalogue, number)
        except VectorError as error:
            yield error
        else:
            yield line(vector, decide(vector.request, vector.facts, vector.rulebook, vector.now))


def line(vector: Vector, decision: Permit | Refusal) -> dict[str, object]:
    """The decision as the JSON object that `ringfence decide` prints."""
    first = decision.first_allowed_at
    return {
        "id": vector.vector_id,
        "decision": "allow" if isinstance(decision, Permit) else "deny",
        "rules": list(decision.rules),
        "strength": decision.strength.value,
        "first_allowed_at": None if first is None else instant(first),
        "unlock": decision.unlock,
        "pack_sha256": dict(decision.pack_sha256),
    }


def read_vector(case: object, catalogue: Mapping[str, RulePack], number: int = 1) -> Vector:
    """One case; a case that names no packs takes those of its places.

    A named pack that the catalogue does not have leads to a refusal.
    """
    name = str(case.get("id") or f"number {number}") if isinstance(case, dict) else str(number)
    reader = Reader(name, "", case)
    vector_id = reader.text("id")
    reader.text("title", default="")
    reader.skip("official", "source", "expected", "note")
    actor = reader.text("actor")
    draft = _facts(reader.child("facts", default={}))
    consumer = reader.child("consumer")
    locations = tuple(_location(r) for r in consumer.children("locations"))
    consumer.done()
    proposed = reader.child("proposed")
    history = tuple(
        _event(r, n) for n, r in enumerate(reader.children("history", default=[]), start=1)
    )
    now = proposed.instant("at")
    request = _request(proposed, vector_id)
    facts = ContactFacts(
        known_at=now,
        actor=actor,
        locations=locations,
        history=history,
        history_known_from=_DAWN,
        consents=tuple(draft.consents),
        contact_points=_points(draft, request),
        **draft.values,
    )
    packs = reader.texts("packs", default=())
    reader.done()
    if packs:
        gaps = [missing(f"there is no rule pack {p}") for p in packs if p not in catalogue]
        rulebook = Rulebook.of((catalogue[p] for p in packs if p in catalogue), gaps)
    else:
        rulebook = select(catalogue, request, facts)
    return Vector(vector_id=vector_id, request=request, facts=facts, rulebook=rulebook, now=now)


def _location(reader: Reader) -> Location:
    place = Location(
        kind=reader.choice("kind", LocationKind),
        tz=reader.text("tz", default=None),
        country=reader.text("country", default=None),
        region=reader.text("state", default=None) or reader.text("province", default=None),
        city=reader.text("city", default=None),
        code=reader.text("code", default=None),
        medium=reader.text("medium", default=None),
        known_at=reader.instant("at", default=None),
    )
    reader.done()
    return place


def _event(reader: Reader, number: int) -> ContactEvent:
    event = ContactEvent(
        event_id=f"h{number}",
        at=reader.instant("at"),
        channel=reader.choice("channel", Channel),
        direction=reader.choice("direction", Direction),
        outcome=reader.text("outcome"),
        contact_point=reader.text("number", default=None) or reader.text("address", default=None),
        debts=reader.texts("debts", default=()),
        also_discussed=reader.texts("also_discussed", default=()),
        discussion_started_by=reader.text("discussion_started_by", default=None),
        party=reader.text("party", default="consumer"),
        by=reader.text("by", default=None),
        under_consent=reader.flag("under_consent", default=False),
    )
    reader.skip("mode", "local", "purpose", "note")
    reader.done()
    return event


def _request(reader: Reader, vector_id: str) -> ContactRequest:
    point = reader.text("number", default=None) or reader.text("address", default=None) or _MAIL
    request = ContactRequest(
        attempt_id=vector_id,
        person_id=vector_id,
        channel=reader.choice("channel", Channel),
        contact_point=point,
        address=point,
        debts=reader.texts("debts", default=()),
        creditor=reader.text("creditor", default=None),
        campaign_id=reader.text("campaign", default=None),
        mode=reader.choice("mode", Mode, default=None),
        party=reader.text("party", default="consumer"),
        purpose=reader.text("purpose", default="collect"),
        content=reader.text("content", default=None),
        in_reply=reader.flag("in_reply", default=False),
        has_optout_notice=reader.flag("has_optout_notice", default=None),
        by=reader.text("by", default=None),
    )
    reader.instant("delivered_at", default=None)
    reader.instant("read_at", default=None)
    reader.skip("local")
    reader.done()
    return request


def _facts(reader: Reader) -> Draft:
    draft = Draft()
    for name in reader.names():
        understand = FACTS.get(name)
        if understand is None:
            raise reader.error(name, f"unknown fact; the facts are {', '.join(sorted(FACTS))}")
        understand(reader, name, draft)
    return draft


def _points(draft: Draft, request: ContactRequest) -> tuple[ContactPointFacts, ...]:
    """Facts of numbers by number; those of an address belong to the one that is proposed."""
    merged: dict[str, dict[str, Any]] = {n: dict(v) for n, v in draft.points.items()}
    if draft.address:
        merged.setdefault(request.contact_point, {}).update(draft.address)
    return tuple(ContactPointFacts(contact_point=p, **values) for p, values in merged.items())
