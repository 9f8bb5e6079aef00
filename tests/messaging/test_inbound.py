"""What consumers write, and what it asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.inbound import Intent, intent_of, read_intent
from messaging.message import InboundMessage

KEYWORDS = [
    *(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPT-OUT", "OPTOUT"]),
    "OPT OUT",
    *(["退订", "TD", "T", "取消", "拒收"]),
]


@pytest.mark.parametrize("word", KEYWORDS)
@pytest.mark.parametrize(
    "dress", ["{}", "{}.", " {} !!", "“{}”", "'{}'", "{} please", "Please {}", "{}\n\n", "* {} *"]
)
def test_each_keyword_in_any_dress_is_an_opt_out(word: str, dress: str) -> None:
    for spelled in (word, word.lower(), word.title(), full_width(word)):
        assert read_intent(dress.format(spelled)) is Intent.OPT_OUT, spelled


def full_width(word: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in word)


@pytest.mark.parametrize(
    "words",
    [
        "please stop texting me",
        "Stop it!!!",
        "STOP STOP STOP",
        "S T O P",
        "s.t.o.p",
        "pls stop sending me these messages",
        "Do not contact me again",
        "don't text me",
        "Don’t ever call this number",
        "dont message me anymore",
        "No more texts please.",
        "take me off your list",
        "Remove my number from your system",
        "leave me alone",
        "I want to opt out",
        "opt me out",
        "I revoke my consent to be contacted by text",
        "I hereby revoke consent.",
        "cancel all messages",
        "end these texts",
        "quit texting me",
        "never send me sms",
        "unsubscribe me from this",
        "I'm at work, stop messaging. I'll call by the end of the week",
        "stpo",
        "🛑",
        "请不要再发短信给我",
        "别再联系我了",
        "请勿打扰",
        "我要退订",
        "回复TD",
        "停止发送",
        "不要打电话",
        "不想再收到这些信息",
        "取消订阅",
    ],
)
def test_plain_sentences_that_refuse_are_opt_outs(words: str) -> None:
    assert read_intent(words) is Intent.OPT_OUT


@pytest.mark.parametrize(
    "words",
    [
        "I will stop by your office on Friday",
        "I get paid at the end of the month",
        "Can I cancel my appointment?",
        "I can pay $50 today",
        "T-Mobile is my carrier",
        "Please don't stop the payment plan",
        "Thanks, call me at 5",
        "OK",
        "",
        "   ",
        "👍",
        "好的,我明天还款",
        "请联系我",
        "什么时候可以打电话",
        "Who is this?",
        "YES",
    ],
)
def test_other_replies_are_replies(words: str) -> None:
    assert read_intent(words) is Intent.REPLY


@pytest.mark.parametrize("words", ["HELP", "help!", "Info", "帮助", "HELP please"])
def test_help(words: str) -> None:
    assert read_intent(words) is Intent.HELP


@pytest.mark.parametrize("words", ["START", "unstop", "Start please", "恢复", "ＳＴＡＲＴ"])
def test_start(words: str) -> None:
    assert read_intent(words) is Intent.START


def test_stop_beats_help_and_start() -> None:
    assert read_intent("HELP STOP") is Intent.OPT_OUT
    assert read_intent("start? no, STOP") is Intent.OPT_OUT


def test_what_a_reply_quotes_is_not_the_consumers_word() -> None:
    ours = "Reply STOP to opt out, or unsubscribe here: https://example.test/u"
    assert read_intent(f"I paid last week.\n\nOn Mon, Nov 23 Acme wrote:\n> {ours}") is Intent.REPLY
    assert read_intent(f"我已经还款\n发件人: Acme\n{ours}") is Intent.REPLY
    assert read_intent(f"STOP\n> {ours}") is Intent.OPT_OUT


def test_a_complaint_is_an_opt_out_whatever_it_says() -> None:
    message = InboundMessage(
        channel="email",
        sender="a@example.test",
        recipient="b@example.test",
        text="",
        at=datetime(2026, 11, 24, tzinfo=UTC),
        complaint=True,
    )
    assert intent_of(message) is Intent.OPT_OUT


@given(st.text(max_size=2000))
def test_any_text_has_an_intent(words: str) -> None:
    assert read_intent(words) in Intent
