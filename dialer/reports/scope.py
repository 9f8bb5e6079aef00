"""Which cases a report is of: a creditor's, a campaign's, those of a team's campaigns, or all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import campaigns, tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is named narrows; what is None does not. `campaign` is an id."""

    creditor: str | None = None
    campaign: str | None = None
    team: str | None = None


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A scope as conditions on the store's columns; `campaign_ids` None = whatever campaign."""

    creditor: str | None
    campaign_ids: frozenset[str] | None

    def shows(self, campaign_id: str) -> bool:
        """Whether the campaign has a row of its own."""
        return self.campaign_ids is None or campaign_id in self.campaign_ids

    def has(self, case_id: Any) -> ColumnElement[bool]:
        """Whether the case of this column is in the scope."""
        debts = tables.debts
        found = self._placed(case_id)
        if self.creditor is not None:
            owed = select(debts.c.case_id).where(debts.c.creditor == self.creditor)
            found = and_(found, case_id.in_(owed))
        return found

    def has_debt(self, debts: Table) -> ColumnElement[bool]:
        """Whether the debt of this table's row is in the scope."""
        found = self._placed(debts.c.case_id)
        return found if self.creditor is None else and_(found, debts.c.creditor == self.creditor)

    def _placed(self, case_id: Any) -> ColumnElement[bool]:
        if self.campaign_ids is None:
            return true()
        placed = tables.campaign_cases
        cases: Select[Any] = select(placed.c.case_id).where(
            placed.c.campaign_id.in_(sorted(self.campaign_ids))
        )
        within: ColumnElement[bool] = case_id.in_(cases)
        return within


async def within(conn: AsyncConnection, scope: Scope) -> Within:
    """The scope on the store as it is. Raises LookupError for a campaign that is not there."""
    if scope.campaign is None and scope.team is None:
        return Within(creditor=scope.creditor, campaign_ids=None)
    if scope.campaign is not None:
        await campaigns.load(conn, scope.campaign)
    chosen = frozenset(
        str(campaign.id)
        for campaign in await campaigns.list_all(conn)
        if scope.campaign in (None, campaign.id) and scope.team in (None, campaign.settings.team)
    )
    return Within(creditor=scope.creditor, campaign_ids=chosen)
