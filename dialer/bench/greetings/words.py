"""What people, machines and networks say, in two sets that share no words and no voice.

The detection is tuned on the one and measured on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ENGLISH, CHINESE = "en", "zh"

Lines = Sequence[tuple[str, str]]
"""Language and text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One set. A voicemail's sentences stand apart, for there are pauses between them."""

    voices: dict[str, Sequence[str]]
    hello: Lines
    named: Lines
    office: Lines
    voicemail: Sequence[tuple[str, Sequence[str]]]
    short_voicemail: Lines
    network: Lines
    babble: Lines


TUNING = Words(
    voices={
        ENGLISH: ("en-us", "en-us+f2", "en-us+m3", "en-gb", "en-gb+f4", "en-us+Annie", "en-029"),
        CHINESE: ("cmn", "cmn+f2", "cmn+m3"),
    },
    hello=(
        (ENGLISH, "Hello?"),
        (ENGLISH, "Hello."),
        (ENGLISH, "Yes?"),
        (ENGLISH, "Hi, hello?"),
        (ENGLISH, "Yeah, hello?"),
        (CHINESE, "喂？"),
        (CHINESE, "喂，你好？"),
        (CHINESE, "你好。"),
    ),
    named=(
        (ENGLISH, "Hello, this is Alex."),
        (ENGLISH, "Alex Example speaking."),
        (ENGLISH, "Hello, who is this?"),
        (ENGLISH, "Good morning, Maria here."),
        (CHINESE, "喂，你好，哪位？"),
        (CHINESE, "喂，请问你找谁？"),
    ),
    office=(
        (ENGLISH, "Good morning, Example Hardware, this is Maria, how can I help?"),
        (ENGLISH, "Example Dental, Tom speaking, how may I help you today?"),
        (CHINESE, "您好，这里是样例五金店，请问有什么可以帮您？"),
    ),
    voicemail=(
        (
            ENGLISH,
            (
                "Hi, you have reached the voicemail of Alex Example.",
                "I can not come to the phone right now.",
                "Please leave your name and number after the tone and I will call you back.",
            ),
        ),
        (
            ENGLISH,
            (
                "Hello, this is Maria, I am away from my phone.",
                "Leave me a message.",
                "Thank you.",
            ),
        ),
        (
            ENGLISH,
            (
                "Your call has been forwarded to an automated voice message system.",
                "At the tone, please record your message.",
            ),
        ),
        (CHINESE, ("您好，我现在不方便接听电话。", "请在嘀声后留言，我会尽快给您回电。")),
        (CHINESE, ("您拨打的用户暂时无法接听。", "请在提示音后留言。")),
    ),
    short_voicemail=(
        (ENGLISH, "Leave a message."),
        (ENGLISH, "Alex, leave a message after the beep."),
        (CHINESE, "请留言。"),
    ),
    network=(
        (
            ENGLISH,
            "We are sorry, the number you have dialed is not in service. Please check the number "
            "and dial again.",
        ),
        (ENGLISH, "The customer you are calling is not available. Please try again later."),
        (CHINESE, "您好，您拨打的电话已关机，请稍后再拨。"),
        (CHINESE, "对不起，您拨打的号码是空号，请核对后再拨。"),
    ),
    babble=(
        (
            ENGLISH,
            "The weather tomorrow will be mild with some rain in the west and sun elsewhere.",
        ),
        (ENGLISH, "Could you pass me the salt, and then we should talk about the garden again."),
        (CHINESE, "今天晚上我们一起去吃饭，然后再去公园散步，好不好？"),
    ),
)

HELD_OUT = Words(
    voices={
        ENGLISH: (
            "en-us+f5",
            "en-us+m7",
            "en-us+Andy",
            "en-us+Linda",
            "en-gb-scotland",
            "en-gb-x-rp+f3",
            "en-us-nyc+m1",
        ),
        CHINESE: ("cmn+f4", "cmn+m7", "cmn+Andy"),
    },
    hello=(
        (ENGLISH, "Hello hello?"),
        (ENGLISH, "Hey."),
        (ENGLISH, "Good evening?"),
        (ENGLISH, "Yep?"),
        (ENGLISH, "Um, hello?"),
        (CHINESE, "喂，喂？"),
        (CHINESE, "您好？"),
        (CHINESE, "哎，你好。"),
    ),
    named=(
        (ENGLISH, "This is Sam, hello?"),
        (ENGLISH, "Example residence."),
        (ENGLISH, "Hi, Dana speaking, who is calling?"),
        (ENGLISH, "Yes, hello, what is it?"),
        (CHINESE, "喂，我是小李，您是？"),
        (CHINESE, "你好，请讲。"),
    ),
    office=(
        (ENGLISH, "Thank you for calling Example Books, you are speaking with Dana."),
        (ENGLISH, "Good afternoon, Sample and Sons, accounts department, Sam here."),
        (CHINESE, "你好，样例书店，我是小王，请问您需要什么？"),
    ),
    voicemail=(
        (
            ENGLISH,
            (
                "Hey, it is Sam, sorry I missed you.",
                "You know what to do.",
                "Talk soon, and have a great day.",
            ),
        ),
        (
            ENGLISH,
            (
                "You have reached Dana Sample at Example Books.",
                "I am either on another call or out of the office until Monday.",
                "For urgent matters press zero, or leave your details after the signal.",
            ),
        ),
        (
            ENGLISH,
            (
                "The person at extension two one four is not available.",
                "Record your message at the tone, and when you have finished, hang up.",
            ),
        ),
        (CHINESE, ("你好，我是小李，我正在开会。", "有事请留言，或者给我发短信。", "谢谢。")),
        (CHINESE, ("感谢您的来电，现在是非工作时间。", "请留下您的姓名和电话号码。")),
    ),
    short_voicemail=(
        (ENGLISH, "You know what to do."),
        (ENGLISH, "Sam here, speak after the tone."),
        (CHINESE, "嘀声后请讲话。"),
    ),
    network=(
        (
            ENGLISH,
            "Your call can not be completed as dialed. Please hang up and try your call again.",
        ),
        (ENGLISH, "The subscriber has calling restrictions that prevent this call."),
        (CHINESE, "您拨打的用户正在通话中，请不要挂机或稍后再拨。"),
        (CHINESE, "您所拨打的电话暂时无法接通，请稍后再拨。"),
    ),
    babble=(
        (ENGLISH, "And now the sports, where last night's match ended with a late goal at home."),
        (ENGLISH, "I told her that the bus was early, but she would not believe a word of it."),
        (CHINESE, "你把钥匙放在哪里了，我找了半天也没有找到它。"),
    ),
)
