"""The words of recordings and of calls that came in."""

from __future__ import annotations

from collections.abc import Mapping


def mark(text: str) -> str:
    """Marks a word for the catalogue; it is translated where it is shown."""
    return text


INBOUND: Mapping[str, str] = {
    "open": mark("On the line"),
    "talked": mark("Talked with an agent"),
    "message": mark("Left a message"),
    "callback": mark("Wants to be called back"),
    "no_calls": mark("Wants no calls"),
    "left": mark("Hung up without a choice"),
    "gave_up": mark("Hung up before the answer"),
    "cut": mark("Cut off by a fault of ours"),
}

CALLERS: Mapping[str, str] = {
    "number": mark("known by the number"),
    "assigned": mark("assigned by hand"),
    "unknown": mark("nobody has this number"),
    "several": mark("several people have this number"),
    "withheld": mark("number withheld"),
}

CALLS: Mapping[str, str] = {
    "open": mark("To do"),
    "unmatched": mark("Without a case"),
    "all": mark("All"),
    "made": mark("Called back"),
    "withdrawn": mark("Withdrawn"),
}

RECORDING: Mapping[str, str] = {
    "in": mark("Incoming call"),
    "out": mark("Outgoing call"),
    "sealed": mark("Sealed"),
    "deleting": mark("Being deleted"),
    "deleted": mark("Deleted"),
    "held": mark("on legal hold"),
    "no_rule": mark("no rule says when"),
    "due": mark("due for deletion"),
    "gone": mark("–"),
    "case_work": mark("My own case"),
    "quality": mark("Quality check"),
    "coaching": mark("Training of agents"),
    "dispute": mark("A dispute"),
    "complaint": mark("A complaint"),
    "legal": mark("Evidence for a legal file"),
    "audit": mark("An audit"),
    "data_subject": mark("The consumer's own request"),
}
