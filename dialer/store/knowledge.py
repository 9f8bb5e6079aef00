"""The knowledge base: articles in Markdown by creditor, product and language, found by words.

SQLite searches with FTS5, PostgreSQL with tsvector, over the same cut of words
(`dialer.casework.search_words`); the last word of a query may be a beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.search_words import phrases, words
from dialer.store.casework_tables import articles
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append

MOST = 20

_SQLITE_PUT = "insert into article_words (article_id, words) values (:id, :words)"
_POSTGRES_PUT = (
    "insert into article_words (article_id, words) values (:id, to_tsvector('simple', :words))"
)
_DROP = "delete from article_words where article_id = :id"
_SQLITE_FIND = "select article_id from article_words where words match :query order by rank"
_POSTGRES_FIND = (
    "select article_id from article_words, to_tsquery('simple', :query) as wanted "
    "where words @@ wanted order by ts_rank(words, wanted) desc, article_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArticle:
    """An article. Without creditor or product it is for every one.

    `body` is Markdown; {{ names }} stand for data of the case. The same name, creditor, product
    and language is the same article, written anew.
    """

    name: str
    language: str
    title: str
    body: str
    by: str
    creditor: str = ""
    product: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as it stands."""

    id: str
    name: str
    creditor: str
    product: str
    language: str
    title: str
    body: str
    by: str
    updated_at: datetime


async def write(db: Database, new: NewArticle, *, now: datetime) -> Article:
    """Write an article, new or anew."""
    key = {
        "name": new.name,
        "creditor": new.creditor,
        "product": new.product,
        "language": new.language,
    }
    said = {
        "title": new.title,
        "body": new.body,
        "by": new.by,
        "updated_at": now,
        "removed_at": None,
    }
    async with db.write() as conn:
        known = await conn.execute(select(articles.c.id).filter_by(**key))
        ident = known.scalar_one_or_none()
        if ident is None:
            ident = new_id("article")
            await conn.execute(insert(articles), {"id": ident, **key, **said})
        else:
            await conn.execute(update(articles).where(articles.c.id == ident).values(**said))
        await _index(conn, ident, f"{new.title}\n{new.body}")
        body = {"article": ident, "by": new.by}
        await append(db, conn, [Draft(kind="article", body=body)])
        return await find(conn, ident)


async def remove(db: Database, article_id: str, *, by: str, now: datetime) -> None:
    """Take an article out of the search; what was answered from it can still be read."""
    async with db.write() as conn:
        await conn.execute(text(_DROP), {"id": article_id})
        await conn.execute(
            update(articles).where(articles.c.id == article_id).values(removed_at=now)
        )
        body = {"article": article_id, "by": by}
        await append(db, conn, [Draft(kind="article.removed", body=body)])


async def find(conn: AsyncConnection, article_id: str) -> Article:
    """The article. Raises LookupError."""
    query = select(articles).where(articles.c.id == article_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise LookupError(f"there is no article {article_id}")
    return _from(row)


async def search(
    conn: AsyncConnection,
    query: str,
    *,
    language: str | None = None,
    creditor: str | None = None,
    product: str | None = None,
) -> list[Article]:
    """The articles with all words of the query, best first; none for a query without words.

    With a creditor or product those of others are left out; those for every one stay.
    """
    wanted = _query(query, sqlite=conn.dialect.name == "sqlite")
    if wanted is None:
        return []
    statement = _SQLITE_FIND if conn.dialect.name == "sqlite" else _POSTGRES_FIND
    ids = list((await conn.execute(text(statement), {"query": wanted})).scalars())
    rows = select(articles).where(articles.c.id.in_(ids))
    if language is not None:
        rows = rows.where(articles.c.language == language)
    if creditor is not None:
        rows = rows.where(articles.c.creditor.in_(("", creditor)))
    if product is not None:
        rows = rows.where(articles.c.product.in_(("", product)))
    found = {row.id: _from(row) for row in await conn.execute(rows)}
    return [found[ident] for ident in ids if ident in found][:MOST]


def _query(query: str, *, sqlite: bool) -> str | None:
    """The query in the database's own language; words hold no signs that could mean anything."""
    asked = phrases(query)
    if not asked:
        return None
    if sqlite:
        told = ['"' + " ".join(phrase) + '"' for phrase in asked]
        return " ".join(told) + "*"
    return " & ".join(" <-> ".join(phrase) for phrase in asked) + ":*"


async def _index(conn: AsyncConnection, article_id: str, content: str) -> None:
    put = _SQLITE_PUT if conn.dialect.name == "sqlite" else _POSTGRES_PUT
    await conn.execute(text(_DROP), {"id": article_id})
    await conn.execute(text(put), {"id": article_id, "words": words(content)})


def _from(row: Row[Any]) -> Article:
    return Article(
        id=row.id,
        name=row.name,
        creditor=row.creditor,
        product=row.product,
        language=row.language,
        title=row.title,
        body=row.body,
        by=row.by,
        updated_at=row.updated_at,
    )
