"""The rules that denied a contact, as rows: a refusal denied by two rules stands under both."""

from __future__ import annotations

from sqlalchemy import (
    ColumnElement,
    Select,
    TableValuedAlias,
    exists,
    false,
    func,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.tables import decisions


def count_denials(conn: AsyncConnection, *by: ColumnElement[str]) -> Select[tuple[str, int]]:
    """Refusals under each denying rule (`rule`, `total`) and the columns of `by`, most first."""
    rules = _rules(conn)
    return (
        select(*by, rules.c.value.label("rule"), func.count().label("total"))
        .select_from(decisions.join(rules, true()))
        .where(decisions.c.allowed == false())
        .group_by(*by, rules.c.value)
        .order_by(func.count().desc(), rules.c.value)
    )


def denied_by(conn: AsyncConnection, wanted: str) -> ColumnElement[bool]:
    """Whether a decision is a refusal that the rule is among the reasons of."""
    rules = _rules(conn)
    among = exists(select(1).select_from(rules).where(rules.c.value == wanted))
    return (decisions.c.allowed == false()) & among


def _rules(conn: AsyncConnection) -> TableValuedAlias:
    """The elements of a decision's list of rules."""
    split = func.json_each if conn.dialect.name == "sqlite" else func.json_array_elements_text
    return split(decisions.c.rules).table_valued("value")
