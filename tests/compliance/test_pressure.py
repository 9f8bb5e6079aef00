"""Signs of pressure on a person."""

from __future__ import annotations

from dataclasses import replace

from compliance.facts import Channel, Direction
from compliance.pressure import signs
from compliance.zones import zone
from tests.compliance.samples import event

NEW_YORK = zone("America/New_York")
assert NEW_YORK is not None


def named(*history: object) -> list[str]:
    """The names of the signs in a history."""
    assert NEW_YORK is not None
    return [s.name for s in signs(history, NEW_YORK)]  # type: ignore[arg-type]


def test_two_unanswered_within_five_minutes() -> None:
    first = event("2026-06-10T14:00")
    assert named(first, event("2026-06-10T14:05")) == ["rapid_redial"]
    assert named(first, event("2026-06-10T14:06")) == []
    assert named(first, event("2026-06-10T14:02", "conversation")) == []


def test_seven_in_a_local_day() -> None:
    calls = [event(f"2026-06-10T{hour}:00", "conversation") for hour in range(14, 20)]
    late = event("2026-06-11T02:00", "conversation")  # still the tenth in New York
    assert named(*calls) == []
    assert named(*calls, late) == ["many_in_a_day"]


def test_three_voicemails_in_a_row() -> None:
    calls = [event(f"2026-06-1{day}T14:00", "voicemail_no_message") for day in range(3)]
    assert named(*calls) == ["voicemails_in_a_row"]
    assert named(calls[0], event("2026-06-10T20:00", "conversation"), *calls[1:]) == []


def test_contact_after_a_refusal_on_the_same_channel() -> None:
    stop = event("2026-06-10T14:00", "STOP", channel=Channel.SMS, direction=Direction.IN)
    text = event("2026-06-11T14:00", "sent", channel=Channel.SMS)
    assert named(stop, text) == ["contact_after_refusal"]
    assert named(stop, replace(text, channel=Channel.EMAIL)) == []
    refused = event("2026-06-10T14:00", "conversation_refused")
    sign = signs([event("2026-06-12T14:00"), refused], NEW_YORK)[0]  # type: ignore[arg-type]
    assert sign.name == "contact_after_refusal"
    assert len(sign.events) == 2
