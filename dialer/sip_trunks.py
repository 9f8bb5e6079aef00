"""The file of SIP trunks that RINGFENCE_SIP_TRUNKS_FILE names: one `[[trunk]]` table for each.

docs/telephony.md explains every key.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

Number = Annotated[str, Field(pattern=r"^\+?\d{2,15}$")]


class SipTrunk(BaseModel):
    """One trunk, as its carrier wants it. `port` None is the usual one of the transport."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(gt=0, lt=65_536)] | None = None
    transport: Literal["udp", "tcp", "tls"] = "udp"
    priority: Annotated[int, Field(ge=0)] = 1
    username: str = ""
    password: SecretStr = SecretStr("")
    from_domain: str = ""
    channels: Annotated[int, Field(ge=0, le=5000)] = 30
    calls_per_second: Annotated[float, Field(gt=0, le=500)] = 10.0
    caller_ids: tuple[Number, ...] = ()
    assert_identity: bool = False
    hide_caller: bool = False
    srtp: Literal["off", "optional", "required"] = "off"
    session_s: Annotated[int, Field(ge=0, le=86_400)] = 1800
    keepalive_s: Annotated[float, Field(ge=0, le=3600)] = 30.0
    register_s: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    symmetric_rtp: bool = False
    calls_from: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if 0 < self.session_s < 90:
            raise ValueError("session_s: 90 seconds at least (RFC 4028), or 0 for none")
        if self.srtp != "off" and self.transport != "tls":
            raise ValueError(
                "srtp: its keys travel in SIP messages, so the transport has to be tls"
            )
        if self.register_s and not self.username:
            raise ValueError("register_s: a registration needs a username")
        return self


def read_trunks(path: Path) -> tuple[SipTrunk, ...]:
    """The trunks of a file. ValueError tells every problem, with the trunk that it is in."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error
    rows = tables.pop("trunk", [])
    if tables or not isinstance(rows, list) or not rows:
        raise ValueError(f"{path}: expected [[trunk]] tables and nothing else")
    trunks, problems = [], []
    for number, row in enumerate(rows, 1):
        try:
            trunks.append(SipTrunk.model_validate(row))
        except ValidationError as error:
            problems += [
                f"trunk {number}: {'.'.join(map(str, one['loc']))} {one['msg']}".replace("  ", " ")
                for one in error.errors()
            ]
    names = [trunk.name for trunk in trunks]
    problems += [f"two trunks named {name}" for name in sorted({*names}) if names.count(name) > 1]
    if problems:
        raise ValueError(f"{path}: " + "; ".join(problems))
    return tuple(trunks)
