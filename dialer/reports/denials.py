"""The rules that denied a contact, as rows: a refusal denied by two rules stands under both."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, exists, false, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.tables import decisions


def count_denials(conn: AsyncConnection, *by: ColumnElement[str]) -> Select[tuple[str, int]]:
    """Refusals under each denying rule (`rule`, `total`) and the columns of `by`, most first."""
    rule = _rules(conn)
    return (
        select(*by, rule.label("rule"), func.count().label("total"))
        .where(decisions.c.allowed == false())
        .group_by(*by, rule)
        .order_by(func.count().desc(), rule)
    )


def denied_by(conn: AsyncConnection, wanted: str) -> ColumnElement[bool]:
    """Whether a decision is a refusal that the rule is among the reasons of."""
    rule = _rules(conn)
    return (decisions.c.allowed == false()) & exists(select(1).where(rule == wanted))


def _rules(conn: AsyncConnection) -> ColumnElement[str]:
    """The elements of a decision's list of rules; joined to the decision by being named."""
    split = func.json_each if conn.dialect.name == "sqlite" else func.json_array_elements_text
    table = split(decisions.c.rules).table_valued("value", joins_implicitly=True)
    value: ColumnElement[str] = table.c.value
    return value
