"""Reading the console's texts out of the code, as `pybabel extract` would."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import dialer.web

WEB = Path(dialer.web.__file__).parent
PO = WEB / "locale" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")


def extract() -> Catalog:
    """Every text that the console shows."""
    catalogue = Catalog(fuzzy=False)
    found = extract_from_dir(
        WEB,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")],
        options_map={
            "templates/**.html": {"trimmed": "true", "silent": "false", "encoding": "utf-8"}
        },
        keywords={"_": None, "gettext": None, "ngettext": (1, 2), "mark": None, "translate": (2,)},
    )
    for file, line, message, comments, context in found:
        if message:
            catalogue.add(
                message,
                None,
                [(Path(file).as_posix(), line)],
                user_comments=comments,
                context=context,
            )
    return catalogue


def read(path: Path = PO) -> Catalog:
    """The Chinese catalogue as committed."""
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans")
