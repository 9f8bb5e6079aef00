"""The commands of rules that need no store: packs, and worked cases decided by them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from compliance import packs as rule_packs
from compliance.pack import parse
from compliance.vectors import VectorError, decide_vectors
from dialer.options import AsJson


def decide(file: Path, packs: Annotated[Path | None, typer.Option("--packs")] = None) -> None:
    """Decide worked cases; one JSON line each. Pure: no store, no clock.

    A malformed case is named on stderr with its field, and the others are decided all the same.
    """
    catalogue = rule_packs.read(packs) if packs else rule_packs.shipped()
    malformed = False
    for line in decide_vectors(json.loads(file.read_text("utf-8-sig")), catalogue):
        if isinstance(line, VectorError):
            malformed = True
            typer.echo(f"ringfence: {line}", err=True)
        else:
            typer.echo(json.dumps(line, ensure_ascii=False))
    if malformed:
        raise typer.Exit(1)


def packs_list(as_json: AsJson = False) -> None:
    """All shipped packs with version, hash and review."""
    found = [
        {"id": p.pack_id, "version": p.version, "sha256": p.sha256, "review": p.legal_review}
        for _, p in sorted(rule_packs.shipped().items())
    ]
    if as_json:
        typer.echo(json.dumps(found))
        return
    for pack in found:
        typer.echo(f"{pack['id']:20} {pack['version']} {pack['sha256']} review: {pack['review']}")


def packs_show(pack_id: str) -> None:
    """The text of one pack."""
    pack = rule_packs.shipped().get(pack_id)
    if pack is None:
        raise ValueError(f"there is no pack {pack_id}")
    typer.echo(pack.text)


def packs_check(file: Path) -> None:
    """Whether a pack holds; else file, line and reason."""
    pack = parse(file.read_text("utf-8"), str(file))
    typer.echo(f"{pack.pack_id} {pack.version} {pack.sha256}: {len(pack.rules)} rules")
