"""What the knowledge base answers on the page of a case, with the case's own data filled in."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from dialer.casework.article_text import Branch, branches, merge
from dialer.reports.case_view import CaseView
from dialer.store import identity
from dialer.store.accounts import Actor
from dialer.web.api import casework
from dialer.web.auth import services_of
from dialer.web.i18n import Format, language_of
from dialer.web.render import formats


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An article that fits the question."""

    id: str
    title: str
    branches: tuple[Branch, ...]


async def found(request: Request, actor: Actor, view: CaseView, query: str) -> list[Found]:
    """Articles for the query, in the consumer's language; else in the reader's.

    Before the person is known their names stay open: an article reveals nothing of the debt.
    """
    if not query.strip():
        return []
    services = services_of(request)
    async with services.db.read() as conn:
        known = await identity.verified(conn, view.id, by=actor.name, now=services.clock.now())
    debt = next((debt for debt in view.debts if debt.status == "open"), None)
    articles = []
    for language in dict.fromkeys((_primary(view.language), _primary(language_of(request).tag))):
        articles += await casework.find_articles(
            request,
            actor,
            query,
            language=language,
            creditor=view.creditor,
            product=debt.product if debt else None,
        )
    values = _values(view, formats(request)) if known else {}
    return [
        Found(id=article.id, title=article.title, branches=branches(merge(article.body, values)))
        for article in articles
    ]


def _primary(tag: str | None) -> str:
    return (tag or "en").split("-", maxsplit=1)[0]


def _values(view: CaseView, form: Format) -> dict[str, str]:
    values = {"full_name": view.full_name, "creditor": view.creditor or ""}
    debt = next((debt for debt in view.debts if debt.status == "open"), None)
    if debt is not None:
        values["debt_ref"] = debt.debt_ref
        values["days_past_due"] = "" if debt.days_past_due is None else str(debt.days_past_due)
        values["due_date"] = debt.due_date.isoformat() if debt.due_date else ""
        if debt.balance_minor is not None and debt.currency:
            values["balance"] = form.money(debt.balance_minor, debt.currency)
            values |= {part: form.money(owed, debt.currency) for part, owed in debt.parts.items()}
    return {name: text for name, text in values.items() if text}
