"""The invented consumers of the simulated town: a pure function of seed and size.

Numbers are of the range kept for fiction, +1 NPA 555 01xx, and for China +86 199 0000 xxxx. A
larger town begins with the smaller one of the same seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from dialer.town.deck import deal
from dialer.town.habits import (
    CALL_DECK,
    MAIL_DECK,
    TEXT_DECK,
    CallHabit,
    CallManner,
    MailManner,
    TextHabit,
    TextManner,
)
from dialer.town.names import invented_name
from dialer.town.places import CN_PLACES, US_PLACES, Place

DEFAULT_SIZE = 300

_LINES_PER_AREA_CODE = 100
_AREA_CODES = tuple(dict.fromkeys(code for place in US_PLACES for code in place.area_codes))
_CHINESE_EVERY = 2  # at every hour of the day somebody may lawfully be contacted
_MOVER_SHARE = 0.12
_SECOND_PHONE_SHARE = 0.25

_REPLIES = {
    "en": ("Who is this?", "Please call me tomorrow.", "I paid this last week.", "ok"),
    "zh": ("请问你是谁？", "请明天再打给我。", "我上周已经还款了。", "好的"),
}
_STOP_WORDS = {"en": ("STOP", "Stop", "stop.", "UNSUBSCRIBE"), "zh": ("退订", "T", "TD")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number and its ways. `area_zone_differs`: its area code lies in another time zone."""

    number: str  # E.164
    area_zone_differs: bool
    call: CallManner
    text: TextManner


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    address: str
    mail: MailManner


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One invented person: visibly so by name, number, street and e-mail domain."""

    index: int  # from 0, the place in the population
    name: str
    language: str  # en, zh
    place: Place
    street: str
    phones: tuple[Phone, ...]  # the first is the main one
    mailbox: Mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """All consumers, and who has which number or mailbox."""

    seed: int
    consumers: tuple[Consumer, ...]
    by_number: dict[str, tuple[Consumer, Phone]]
    by_address: dict[str, Consumer]


def make_population(seed: int, size: int = DEFAULT_SIZE) -> Population:
    """The population of this seed.

    Raises ValueError if `size` is below 1 or needs more numbers than the fictional ranges have.
    """
    if size < 1:
        raise ValueError(f"a town of {size} consumers: it needs at least one")
    consumers = tuple(_consumers(seed, size))
    return Population(
        seed=seed,
        consumers=consumers,
        by_number={
            phone.number: (consumer, phone) for consumer in consumers for phone in consumer.phones
        },
        by_address={consumer.mailbox.address: consumer for consumer in consumers},
    )


def _consumers(seed: int, size: int) -> Iterator[Consumer]:
    numbers = _Numbers()
    calls = deal(seed, "call", CALL_DECK)
    texts = deal(seed, "text", TEXT_DECK)
    mails = deal(seed, "mail", MAIL_DECK)
    for index in range(size):
        rng = Random(f"{seed}/consumer/{index}")
        chinese = index % _CHINESE_EVERY == _CHINESE_EVERY - 1
        language = "zh" if chinese else "en"
        place = rng.choice(CN_PLACES if chinese else US_PLACES)
        call, text, mail = next(calls), next(texts), next(mails)
        phones = [_phone(rng, numbers.take(rng, place), place, call, text)]
        if rng.random() < _SECOND_PHONE_SHARE:
            other = rng.choices(list(CALL_DECK), list(CALL_DECK.values()))[0]
            phones.append(_phone(rng, numbers.take(rng, place), place, other, text))
        name = invented_name(rng, language)
        yield Consumer(
            index=index,
            name=name,
            language=language,
            place=place,
            street=f"示例路{index + 1}号" if chinese else f"{index + 1} Example Street",
            phones=tuple(phones),
            mailbox=Mailbox(
                address=f"consumer.{index + 1}@{'cn' if chinese else 'us'}.example.net",
                mail=MailManner(habit=mail, after_s=round(rng.uniform(0.5, 3.0), 2)),
            ),
        )


def _phone(rng: Random, number: str, place: Place, call: CallHabit, text: TextHabit) -> Phone:
    area = number[2:5] if place.country == "US" else None
    language = "zh" if place.country == "CN" else "en"
    words = (_STOP_WORDS if text is TextHabit.STOPS else _REPLIES)[language]
    return Phone(
        number=number,
        area_zone_differs=area is not None and place.zone not in _zones_of(area),
        call=CallManner(
            habit=call,
            rings_s=round(rng.uniform(0.5, 3.0), 2),
            speaks_after_s=round(rng.uniform(0.2, 0.6), 2),
            patience_s=_patience(rng, call),
            key=rng.choice("1239"),
            key_after_s=round(rng.uniform(3.0, 6.0), 2),
            voice=rng.randrange(100),
        ),
        text=TextManner(
            habit=text, after_s=round(rng.uniform(0.2, 2.0), 2), words=rng.choice(words)
        ),
    )


def _patience(rng: Random, call: CallHabit) -> float:
    if call is CallHabit.HANGS_UP:
        return round(rng.uniform(1.0, 2.5), 2)
    return round(rng.uniform(25.0, 60.0), 2)


def _zones_of(area_code: str) -> frozenset[str]:
    return frozenset(place.zone for place in US_PLACES if area_code in place.area_codes)


class _Numbers:
    """Gives out each fictional number once, in the order asked."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()

    def take(self, rng: Random, place: Place) -> str:
        if place.country == "CN":
            return f"+861990000{self._line('CN', 10_000):04d}"
        codes = _AREA_CODES if rng.random() < _MOVER_SHARE else place.area_codes
        free = [code for code in codes if self._used[code] < _LINES_PER_AREA_CODE]
        free = free or [code for code in _AREA_CODES if self._used[code] < _LINES_PER_AREA_CODE]
        if not free:
            raise ValueError("the area codes of the town have no fictional number left")
        code = rng.choice(free)
        return f"+1{code}55501{self._line(code, _LINES_PER_AREA_CODE):02d}"

    def _line(self, block: str, lines: int) -> int:
        line = self._used[block]
        if line >= lines:
            raise ValueError(f"block {block} of the town has no fictional number left")
        self._used[block] = line + 1
        return line
