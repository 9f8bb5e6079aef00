"""The fixtures that start real servers give servers that answer."""

from __future__ import annotations

import pytest
from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


@pytest.mark.peer("postgres")
async def test_postgres_answers(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("select 7"))).scalar_one() == 7
    await engine.dispose()


@pytest.mark.peer("redis-server")
def test_redis_answers(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.ping()
