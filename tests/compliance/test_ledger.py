"""The ledger's form: one byte string per value, and no change goes unseen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.ledger import (
    GENESIS,
    Entry,
    Head,
    NotCanonical,
    append,
    canonical,
    inclusion_proof,
    merkle_root,
    verify,
    verify_inclusion,
)

AT = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Pair:
    left: int
    right: str


def test_canonical_form_is_sorted_and_typed() -> None:
    value = {
        "z": Pair(left=1, right="ü"),
        "a": datetime(2026, 6, 10, 23, 0, 0, 500, tzinfo=timezone(timedelta(hours=8))),
        "b": [date(2026, 6, 10), time(8, 0), Decimal("1.50"), 2.0, None, True],
        "c": {Colour.RED: Colour.RED},
        "d": frozenset({"y", "x"}),
    }
    assert canonical(value).decode() == (
        '{"a":"2026-06-10T15:00:00.000500Z",'
        '"b":["2026-06-10","08:00:00","1.50",2,null,true],'
        '"c":{"red":"red"},"d":["x","y"],"z":{"left":1,"right":"ü"}}'
    )


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": {"b": 0.1}}, "$.a.b"),
        ({"a": float("nan")}, "$.a"),
        ({"a": [datetime(2026, 1, 1)]}, "$.a[0]"),  # noqa: DTZ001 - the naive value is the point
        ({"a": Decimal("NaN")}, "$.a"),
        ({1: "a"}, "$"),
        ({"a": object()}, "$.a"),
        ({"a": "\ud800"}, "$"),
        (["a"], "$"),
    ],
)
def test_a_value_without_one_form_is_refused_by_path(value: object, path: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        canonical(value)  # type: ignore[arg-type]
    assert str(caught.value).startswith(path + ":")


def stream(name: str, count: int) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(count):
        entries.append(
            append(
                entries[-1] if entries else None,
                stream=name,
                at=AT + timedelta(seconds=number),
                monotonic=number,
                kind="decision",
                body={"n": number},
            )
        )
    return entries


def heads(entries: list[Entry]) -> dict[str, Head]:
    return {e.stream: Head(seq=e.seq, entry_hash=e.entry_hash) for e in entries}


def test_a_stream_starts_at_genesis_and_holds() -> None:
    entries = stream("w1", 3)
    assert entries[0].prev_hash == GENESIS
    assert [e.seq for e in entries] == [1, 2, 3]
    assert verify(entries, heads(entries)) is None


def test_interleaved_streams_hold() -> None:
    a, b = stream("a", 2), stream("b", 2)
    assert verify([a[0], b[0], b[1], a[1]], heads(a + b)) is None


def test_a_stream_does_not_follow_another() -> None:
    with pytest.raises(ValueError, match="cannot follow"):
        append(stream("a", 1)[0], stream="b", at=AT, monotonic=0, kind="x", body=b"{}")


@given(count=st.integers(2, 8), data=st.data())
def test_every_edit_is_found_at_its_entry(count: int, data: st.DataObject) -> None:
    entries = stream("w", count)
    where = data.draw(st.integers(0, count - 1))
    change = data.draw(
        st.sampled_from(
            [
                {"body": b'{"n":99}'},
                {"at": AT - timedelta(days=1)},
                {"monotonic": 77},
                {"kind": "other"},
                {"prev_hash": "f" * 64},
                {"entry_hash": "f" * 64},
            ]
        )
    )
    edited = [*entries[:where], replace(entries[where], **change), *entries[where + 1 :]]
    broken = verify(edited, heads(entries))
    assert broken is not None
    assert (broken.stream, broken.seq) == ("w", where + 1)


@given(count=st.integers(2, 8), data=st.data())
def test_deletion_reorder_and_truncation_are_found(count: int, data: st.DataObject) -> None:
    entries = stream("w", count)
    where = data.draw(st.integers(0, count - 1))
    assert verify(entries[:where] + entries[where + 1 :], heads(entries)) is not None
    swap = data.draw(st.integers(0, count - 2))
    reordered = [*entries[:swap], entries[swap + 1], entries[swap], *entries[swap + 2 :]]
    assert verify(reordered, heads(entries)) is not None
    cut = verify(entries[:where], heads(entries))
    assert cut is not None
    assert cut.seq == where + 1


def test_a_rewritten_tail_differs_from_the_recorded_head() -> None:
    entries = stream("w", 3)
    forged = append(
        entries[1], stream="w", at=AT, monotonic=0, kind="decision", body={"n": "forged"}
    )
    assert verify([*entries[:2], forged]) is None
    broken = verify([*entries[:2], forged], heads(entries))
    assert broken is not None
    assert broken.seq == 3
    assert "recorded head" in broken.reason


# RFC 6962 trees as used by the Certificate Transparency project's own test data.
CT_LEAVES = [
    bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")
] + [bytes.fromhex("606162636465666768696a6b6c6d6e6f")]


def test_roots_match_the_published_tree_hashes() -> None:
    assert merkle_root([]).hex() == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert merkle_root(CT_LEAVES[:1]).hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    assert merkle_root(CT_LEAVES).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@given(size=st.integers(1, 40), data=st.data())
def test_inclusion_is_shown_for_its_own_leaf_and_place_only(size: int, data: st.DataObject) -> None:
    leaves = [f"leaf {n}".encode() for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    root, proof = merkle_root(leaves), inclusion_proof(leaves, index)
    assert verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, root=root)
    assert not verify_inclusion(leaf=b"other", index=index, size=size, proof=proof, root=root)
    longer = (*proof, b"\0" * 32)
    assert not verify_inclusion(leaf=leaves[index], index=index, size=size, proof=longer, root=root)
    if size > 1:
        other = (index + 1) % size
        args = {"leaf": leaves[index], "size": size, "root": root}
        assert not verify_inclusion(index=other, proof=proof, **args)
        assert not verify_inclusion(index=index, proof=proof[:-1], **args)


def test_a_leaf_outside_the_tree_has_no_proof() -> None:
    with pytest.raises(IndexError):
        inclusion_proof([b"a"], 1)
    assert not verify_inclusion(leaf=b"a", index=1, size=1, proof=(), root=merkle_root([b"a"]))
