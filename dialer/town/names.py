"""Names that nobody can take for a real person's."""

from __future__ import annotations

from random import Random

_GIVEN = "Ada|Bo|Cleo|Dex|Edda|Finn|Greta|Hugo|Ines|Jory|Kit|Lark|Mina|Nils|Oona|Pax"
_FAMILY = (
    "Sampleton|Mockwell|Testerly|Placeholt|Fictiva|Specimen|Dummond|Protothorp|Examplar|"
    "Imaginson|Madeupham|Pretendo|Phantomley|Fauxworth|Simulacre|Notreal"
)
_CN_FAMILY = "赵钱孙李周吴郑王"
_CN_GIVEN = "甲乙丙丁戊己庚辛壬癸"


def invented_name(rng: Random, language: str) -> str:
    """A name in the script of the language, `zh` or any other for Latin letters."""
    if language == "zh":
        return f"测试{rng.choice(_CN_FAMILY)}{rng.choice(_CN_GIVEN)}{rng.choice(_CN_GIVEN)}"
    return f"{rng.choice(_GIVEN.split('|'))} {rng.choice(_FAMILY.split('|'))}"
