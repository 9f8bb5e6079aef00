"""What our PDF files share: the page, the fonts, texts in either script, tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate

HAN_FONT = "STSong-Light"
INK = colors.HexColor("#1d2430")
RULE = colors.HexColor("#c8cdd6")
MARGIN = 18 * mm


def page_of(out: io.BytesIO, title: str, *, size: tuple[float, float] = A4) -> Any:
    """A document that is written to `out`, the same content always as the same bytes."""
    pdfmetrics.registerFont(UnicodeCIDFont(HAN_FONT))
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    return SimpleDocTemplate(out, pagesize=size, title=title, invariant=1, **margins)


def style(name: str, size: float, **more: Any) -> Any:
    """A style of paragraphs."""
    return ParagraphStyle(
        name, fontName="Helvetica", fontSize=size, leading=size * 1.35, textColor=INK, **more
    )


def font_of(text: str) -> str:
    """The Chinese font for what Helvetica can't write."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return HAN_FONT
    return "Helvetica"


def paragraph(text: str, like: Any) -> Any:
    """A paragraph of plain text."""
    return Paragraph(f'<font name="{font_of(text)}">{escape(text)}</font>', like)


def heading(text: str) -> Any:
    """The heading of a section, which keeps to what follows it."""
    return paragraph(text, style("heading", 13, spaceAfter=3 * mm, keepWithNext=1))


def table(header: Sequence[str], rows: Sequence[Sequence[object]], width: float) -> Any:
    """A table over the whole width that repeats its header on each page; cells are texts."""
    if not rows:
        return paragraph("none", style("none", 9))
    small = style("cell", 7)
    cells = [[paragraph("" if cell is None else str(cell), small) for cell in row] for row in rows]
    return table_of(header, cells, width)


def table_of(header: Sequence[str], cells: Sequence[Sequence[Any]], width: float) -> Any:
    """The same of cells that are made already."""
    small = style("cell", 7)
    made = LongTable(
        [[paragraph(name, small) for name in header], *cells],
        repeatRows=1,
        colWidths=[width / len(header)] * len(header),
        hAlign="LEFT",
    )
    made.setStyle(
        [
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.25, RULE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    return made


def foot(canvas: Any, template: Any) -> None:
    """The number of the page, at its foot."""
    canvas.setFont("Helvetica", 7)
    canvas.setFillColor(INK)
    canvas.drawRightString(template.pagesize[0] - MARGIN, 10 * mm, str(template.page))
