"""Which message of ours a receipt is about. Pure.

A receipt may come before the answer to its submit, twice, or for a message that another process
sent; a long message has a receipt for each part, or for one part only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from messaging.message import MessageStatus, StatusReport

_FINAL = frozenset(
    {
        MessageStatus.DELIVERED,
        MessageStatus.UNDELIVERABLE,
        MessageStatus.EXPIRED,
        MessageStatus.BOUNCED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a provider says of one SMS. `provider_id` is as written in the receipt."""

    provider_id: str
    status: MessageStatus
    code: str | None = None
    detail: str = ""


@dataclass(slots=True)
class Tracked:
    """A message of ours on its way, in `parts` SMS."""

    message_id: str
    parts: int
    delivered: set[str] = field(default_factory=set)
    reported: MessageStatus | None = None


class Correlator:
    """Matches receipts to messages by canonical provider ids, with bounded memory.

    A receipt for an id that is not known is held for `hold`, since the answer to the submit may
    still be on its way; then it is reported with an empty message id, so that a process that did
    not send the message may still find it by its provider id.
    """

    def __init__(
        self,
        *,
        hold: timedelta = timedelta(seconds=60),
        keep: timedelta = timedelta(days=3),
        max_tracked: int = 200_000,
    ) -> None:
        self._hold = hold
        self._keep = keep
        self._max_tracked = max_tracked
        self._sent: OrderedDict[str, tuple[datetime, Tracked]] = OrderedDict()
        self._held: OrderedDict[str, tuple[datetime, list[Receipt]]] = OrderedDict()

    def taken(self, message: Tracked, provider_id: str, now: datetime) -> list[StatusReport]:
        """The provider took one part; reports from receipts that came before its answer."""
        self._sent[provider_id] = (now, message)
        _, early = self._held.pop(provider_id, (now, []))
        return [r for receipt in early for r in self.receipt(provider_id, receipt, now)]

    def resume(self, message_id: str, provider_ids: Iterable[str], now: datetime) -> None:
        """Know a message again that was sent before a restart."""
        ids = tuple(provider_ids)
        sent = Tracked(message_id, len(ids))
        for provider_id in ids:
            self._sent[provider_id] = (now, sent)

    def receipt(self, provider_id: str, receipt: Receipt, now: datetime) -> list[StatusReport]:
        """What a receipt tells of a message: at most one report; none for a repetition."""
        known = self._sent.get(provider_id)
        if known is None:
            _, held = self._held.setdefault(provider_id, (now, []))
            held.append(receipt)
            return []
        sent = known[1]
        if receipt.status is MessageStatus.DELIVERED:
            sent.delivered.add(provider_id)
            if len(sent.delivered) < sent.parts:
                return []
        if sent.reported in _FINAL or sent.reported is receipt.status:
            return []
        sent.reported = receipt.status
        return [_report(sent.message_id, provider_id, receipt, now)]

    def overdue(self, now: datetime) -> list[StatusReport]:
        """Forget what is old. Reports receipts that no message claimed, and long messages of
        which some parts were confirmed and none failed."""
        reports = []
        while self._held:
            provider_id, (since, receipts) = next(iter(self._held.items()))
            if now - since < self._hold and len(self._held) <= self._max_tracked:
                break
            del self._held[provider_id]
            reports += [_report("", provider_id, receipt, now) for receipt in receipts]
        while self._sent:
            provider_id, (since, sent) = next(iter(self._sent.items()))
            if now - since < self._keep and len(self._sent) <= self._max_tracked:
                break
            del self._sent[provider_id]
            if sent.delivered and sent.reported not in _FINAL:
                sent.reported = MessageStatus.DELIVERED
                reports.append(
                    StatusReport(
                        message_id=sent.message_id,
                        status=MessageStatus.DELIVERED,
                        at=now,
                        provider_id=provider_id,
                        detail=f"{len(sent.delivered)} of {sent.parts} parts confirmed",
                    )
                )
        return reports


def _report(message_id: str, provider_id: str, receipt: Receipt, now: datetime) -> StatusReport:
    return StatusReport(
        message_id=message_id,
        status=receipt.status,
        at=now,
        provider_id=provider_id,
        code=receipt.code,
        detail=receipt.detail,
    )
