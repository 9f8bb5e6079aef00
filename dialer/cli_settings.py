"""What the settings are now."""

from __future__ import annotations

import re

import typer

from dialer.settings import Settings


def settings() -> None:
    """Every setting's environment variable, and its value now."""
    told = Settings()
    for name, value in told.model_dump().items():
        shown = re.sub(r"://[^@/]*@", "://***@", "" if value is None else str(value))
        typer.echo(f"RINGFENCE_{name.upper()}={shown}")
    for trunk in told.trunks:
        typer.echo("# trunk " + " ".join(f"{key}={value}" for key, value in trunk))
