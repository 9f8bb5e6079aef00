"""What an HTTP provider posts to us: who may post, and what it says. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from messaging.message import MessageStatus
from messaging.sms.correlation import Receipt

MAX_BODY = 1_000_000

Document = Mapping[str, object]


class BadSignature(ValueError):
    """The request does not come from the provider: answer 403."""


class BadWebhook(ValueError):
    """The request cannot be read: answer 400."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A POST from the provider. `url` is the address as the provider called it."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        wanted = name.casefold()
        return next((v for k, v in self.headers.items() if k.casefold() == wanted), "")

    def documents(self) -> list[Document]:
        """The form, the JSON object, or the objects of the JSON list. Raises BadWebhook."""
        if len(self.body) > MAX_BODY:
            raise BadWebhook(f"more than {MAX_BODY} octets")
        try:
            words = self.body.decode("utf-8")
            if "json" not in self.header("Content-Type").casefold():
                return [dict(parse_qsl(words, keep_blank_values=True, max_num_fields=200))]
            posted = json.loads(words)
        except (ValueError, RecursionError) as error:
            raise BadWebhook(f"neither a form nor JSON: {error}") from error
        documents = posted if isinstance(posted, list) else [posted]
        if not all(isinstance(document, dict) for document in documents):
            raise BadWebhook("JSON, but neither an object nor a list of objects")
        return documents


def whole_body(webhook: Webhook) -> bytes:
    return webhook.body


def url_and_sorted_fields(webhook: Webhook) -> bytes:
    """The URL with every form field appended, in the order of their names."""
    pairs = sorted(parse_qsl(webhook.body.decode("utf-8", "replace"), keep_blank_values=True))
    return (webhook.url + "".join(name + value for name, value in pairs)).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """How the provider proves that it posts: an HMAC in a header, perhaps behind a `prefix`."""

    header: str
    key: bytes = field(repr=False)
    digest: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: Callable[[Webhook], bytes] = whole_body

    def check(self, webhook: Webhook) -> None:
        """Raise BadSignature unless the request carries the right one."""
        seal = hmac.digest(self.key, self.signed(webhook), getattr(hashlib, self.digest))
        right = seal.hex() if self.encoding == "hex" else base64.b64encode(seal).decode()
        given = webhook.header(self.header).strip()
        if self.encoding == "hex":
            given = given.casefold()
        if not hmac.compare_digest(given.encode(), (self.prefix + right).encode()):
            raise BadSignature(f"the header {self.header} does not hold the right signature")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A message from a phone."""

    sender: str
    recipient: str
    text: str


def look_up(document: object, path: str) -> str | None:
    """The value at a path such as `data.messages.0.id`, as text; None where there is none."""
    for step in path.split("."):
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return None if document is None or isinstance(document, Mapping | list) else str(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Where a provider writes what, as paths into its documents.

    A document with `status` is a receipt, one with `text` a message; others say nothing to us.
    `statuses` translates the provider's words; a word that is not in it reads as UNKNOWN.
    """

    provider_id: str
    status: str
    statuses: Mapping[str, MessageStatus]
    code: str
    sender: str
    recipient: str
    text: str

    def read(self, document: Document) -> Receipt | Text | None:
        """What a document says. Raises BadWebhook for a receipt or text that lacks a part."""
        word = look_up(document, self.status)
        if word is not None:
            return Receipt(
                provider_id=self._need(document, self.provider_id),
                status=self.statuses.get(word, MessageStatus.UNKNOWN),
                code=look_up(document, self.code),
                detail=word,
            )
        words = look_up(document, self.text)
        if words is None:
            return None
        return Text(
            sender=self._need(document, self.sender),
            recipient=self._need(document, self.recipient),
            text=words,
        )

    def _need(self, document: Document, path: str) -> str:
        value = look_up(document, path)
        if not value:
            raise BadWebhook(f"there is no {path}")
        return value
