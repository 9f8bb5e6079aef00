"""What a consumer's message asks for: to be left alone, help, to be written to again, or a reply.

Any clear refusal counts, in whatever words (47 CFR 64.1200(a)(10); 12 CFR 1006.14(h), comment
-2). In doubt a message is an opt-out: one that is missed breaks the law, one too many only costs a
contact. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from messaging.message import InboundMessage


class Intent(StrEnum):
    OPT_OUT = "opt_out"
    HELP = "help"
    START = "start"
    REPLY = "reply"


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# The words that 64.1200(a)(10) names, those that carriers act upon, and usual slips of the thumb.
_STOP_WORDS = _words(
    "stop stopall stopp stpo sotp stop2end end quit cancel unsubscribe unsub revoke optout remove",
    "alto parar basta td t 退 退订 退訂 取消 取消订阅 取消訂閱 拒收 停 停止 🛑",
)
_HELP_WORDS = _words("help info ayuda 帮助 幫助 帮忙")
_START_WORDS = _words("start unstop subscribe resubscribe 订阅 訂閱 恢复 恢復 恢复订阅 恢復訂閱")
_COURTESY = _words(
    "please pls plz now thanks thank you ok okay hi hello yes just the this it all sms text texts",
    "message messages email emails mail mails me from my number",
    "请 請 谢谢 謝謝 你好 您好 回复 回復",
)
_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[^\W_a-z0-9]+|🛑")

_NOT_A_WISH = re.compile(
    r"\bstop (?:by|in at|over)\b|\bstop payment\b|\b(?:non|bus|full|pit) ?stop\b"
    r"|\b(?:don'?t|do not|never|can'?t|cannot|won'?t) (?:stop|unsubscribe|opt ?out|cancel)\b"
)
_ENGLISH = re.compile(
    r"""
      \bstop\b
    | \bunsubscribe\b | \bunsub\b
    | \bopt(?:ing|ed)?[ -]?(?:me[ ])?out\b
    | \brevok(?:e|ing)\b
    | \b(?:cancel|end|quit|cease)\ (?:all\ |the\ |these\ |this\ |your\ |my\ |any\ |further\ )*
      (?:texts?|texting|messag(?:e|es|ing)|sms|e-?mails?|e-?mailing|contact(?:ing)?|calls?|calling
        |subscription|notifications?|communications?|bothering|harassing|sending)\b
    | \b(?:do\ not|don'?t|dont|never|no\ longer|quit)\ (?:\w+\ ){0,2}?
      (?:text|texting|message|messaging|contact|contacting|write|writing|e-?mail|e-?mailing|call
        |calling|send|sending|bother|bothering|harass)\b
    | \bno\ (?:more|further)\ (?:\w+\ )?
      (?:texts?|messages?|sms|e-?mails?|mails?|contact|calls?|communications?|notifications?)\b
    | \b(?:take|remove|delete)\ (?:me|my\ (?:number|e-?mail|address)|this\ (?:number|address))\b
    | \bleave\ me\ (?:alone|be)\b
    | \b(?:lose|forget)\ (?:my|this)\ number\b
    """,
    re.VERBOSE,
)
_CHINESE = re.compile(
    r"退订|退訂|拒收|取消(?:订阅|訂閱|短信|邮件|服务|通知)"
    r"|(?:不要|别|請勿|请勿|勿|不想|不愿|不准|不许|禁止|停止|甭).{0,4}?"
    r"(?:发|發|联系|聯繫|骚扰|騷擾|打扰|打擾|打电话|打電話|来电|短信|邮件|郵件|收到|接收|信息|消息)"
    r"|停止发送|停止發送|移除我|删除我|刪除我"
)
_QUOTED = re.compile(
    r"(?m)^\s*(?:>|On .{0,200}wrote:|-{2,}\s*Original Message|From:\s|发件人[:：]"
    r"|在.{0,200}写道[:：])"
)


def intent_of(message: InboundMessage) -> Intent:
    """The intent of a message; a spam complaint is an opt-out whatever its text."""
    return Intent.OPT_OUT if message.complaint else read_intent(message.text)


def read_intent(text: str) -> Intent:
    """The intent of a text. What an e-mail reply quotes from us is not the consumer's word."""
    own = _own_words(text)
    plain = unicodedata.normalize("NFKC", own).casefold().replace("’", "'")
    words = _TOKEN.findall(plain)
    kernel = [word for word in words if word not in _COURTESY] or words
    if _says(kernel, _STOP_WORDS) or _refuses(plain):
        return Intent.OPT_OUT
    if _says(kernel, _HELP_WORDS):
        return Intent.HELP
    if _says(kernel, _START_WORDS):
        return Intent.START
    return Intent.REPLY


def _own_words(text: str) -> str:
    quoted = _QUOTED.search(text)
    own = text[: quoted.start()] if quoted else text
    return own if own.strip() else text


def _says(words: list[str], keywords: frozenset[str]) -> bool:
    """True for a keyword alone, spelled out letter by letter, or repeated."""
    return bool(words) and ("".join(words) in keywords or all(w in keywords for w in words))


def _refuses(plain: str) -> bool:
    spaced = re.sub(r"[\s_.,;:!?\"()-]+", " ", plain)
    return bool(_ENGLISH.search(_NOT_A_WISH.sub(" ", spaced)) or _CHINESE.search(plain))
