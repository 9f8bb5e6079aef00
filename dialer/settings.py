"""What an operator may set: environment variables with the prefix RINGFENCE_.

All problems are reported at once. Only `dialer.runtime` and `dialer.cli` read these.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, PrivateAttr, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dialer.sip_trunks import SipTrunk, read_trunks


def _server_url(*schemes: str) -> AfterValidator:
    def check(url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in schemes or not parts.hostname or not parts.port:
            raise ValueError(f"expected {schemes[0]}://[user:password@]host:port")
        return url

    return AfterValidator(check)


class Settings(BaseSettings):
    """The service's settings; every default runs on one machine with no other server."""

    model_config = SettingsConfigDict(env_prefix="RINGFENCE_", extra="ignore")

    data_dir: Path = Path("var")
    database_url: str | None = None
    redis_url: str | None = None
    worker: str = "main"  # this process's name; each process on one store has its own
    listen: Annotated[str, Field(pattern=r"^[^:]+:\d+$")] = "127.0.0.1:8060"
    console_https: bool = False  # the console is reached by https: its cookies are Secure
    public_url: Annotated[str, Field(pattern=r"^https://")] = "https://fernwood.example"
    mail_hook_secret: SecretStr | None = None  # what the mail host shows to hand in bounces
    recordings_url: str | None = None
    keys_file: Path | None = None
    keys: SecretStr | None = None  # the text of a key file, instead of one
    packs_dir: Path | None = None

    actor: str = "third_party_collector"
    business_name: str = "Fernwood"
    phone: str = "+15550100100"
    postal_address: str = "1 Example Street, Sampleton"
    default_country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"

    telephony: Literal["sip"] = "sip"
    sip_trunk_url: Annotated[str | None, _server_url("sip", "sips")] = None
    sip_trunks_file: Path | None = None  # several trunks, or one with more to say about it
    sip_tls_port: Annotated[int, Field(ge=0, lt=65_536)] | None = None  # takes SIP by TLS there
    sip_listen: str = "127.0.0.1:0"
    sip_media_host: str = "127.0.0.1"
    sip_rtp_ports: Annotated[str, Field(pattern=r"^\d+-\d+$")] = "20000-29999"
    caller_id: str = "+15550100100"
    max_lines: Annotated[int, Field(ge=0, le=5000)] = 30
    calls_per_second: Annotated[float, Field(gt=0, le=500)] = 10.0
    ring_timeout_s: Annotated[float, Field(ge=1, le=120)] = 25.0
    caller_wait_s: Annotated[float, Field(ge=5, le=600)] = 20.0  # music before a choice is offered
    longest_message_s: Annotated[float, Field(ge=10, le=600)] = 180.0  # that a caller may leave

    tls_ca_file: Path | None = None  # PEM; whom SIP and SMPP believe, None = whom the system does
    tls_certificate_file: Path | None = None  # PEM; our own certificate, its chain and its key

    smsc_url: Annotated[str | None, _server_url("smpp", "smpps")] = None
    sms_sender: str = "FERNWOOD"
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    smtp_url: Annotated[str | None, _server_url("smtp")] = None
    email_sender: str = "care@fernwood.example"
    report_domains: tuple[str, ...] = ()  # JSON list: to whose mailboxes reports may be sent

    webhook_url: str | None = None
    webhook_secret: SecretStr | None = None
    feed_dir: Path | None = None  # where the feed of a day is written as a file, each night

    clock_start: datetime | None = None  # the service's clock reads as if started then

    _trunks: tuple[SipTrunk, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _has_a_certificate(self) -> Self:
        if self.sip_tls_port is not None and self.tls_certificate_file is None:
            raise ValueError("sip_tls_port needs tls_certificate_file")
        return self

    @model_validator(mode="after")
    def _read_trunks(self) -> Self:
        if self.sip_trunks_file is None:
            self._trunks = self._one_trunk()
        elif self.sip_trunk_url is not None:
            raise ValueError("sip_trunk_url and sip_trunks_file: set one of them")
        else:
            self._trunks = read_trunks(self.sip_trunks_file)
        return self

    def _one_trunk(self) -> tuple[SipTrunk, ...]:
        if self.sip_trunk_url is None:
            return ()
        url = urlsplit(self.sip_trunk_url)
        return (
            SipTrunk(
                name="trunk",
                host=url.hostname or "",
                port=url.port,
                transport="tls" if url.scheme == "sips" else "udp",
                username=unquote(url.username or ""),
                password=SecretStr(unquote(url.password or "")),
                channels=self.max_lines,
                calls_per_second=self.calls_per_second,
            ),
        )

    @property
    def trunks(self) -> tuple[SipTrunk, ...]:
        """The SIP trunks, of the URL or of the file."""
        return self._trunks

    @property
    def lines(self) -> int:
        """Calls at once: what the trunks carry together, `max_lines` at most."""
        carried = sum(trunk.channels for trunk in self._trunks)
        return min(self.max_lines, carried) if self._trunks else self.max_lines

    @property
    def line_rate(self) -> float:
        """Calls per second: what the trunks take together, `calls_per_second` at most."""
        taken = sum(trunk.calls_per_second for trunk in self._trunks)
        return min(self.calls_per_second, taken) if self._trunks else self.calls_per_second

    @property
    def store_url(self) -> str:
        """The case store's SQLAlchemy URL; a SQLite file in the data folder by default."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'ringfence.sqlite'}"

    @property
    def spool(self) -> Path:
        """Where recordings are written until they are sealed."""
        return self.data_dir / "spool"

    @property
    def rtp_range(self) -> tuple[int, int]:
        first, last = self.sip_rtp_ports.split("-")
        return int(first), int(last)

    @property
    def vault_url(self) -> str:
        return self.recordings_url or f"file:{self.data_dir.resolve() / 'recordings'}"

    @property
    def key_path(self) -> Path:
        return self.keys_file or self.data_dir / "keys.json"
