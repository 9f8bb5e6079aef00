"""The report of a period as a PDF: its tables, with bars for shares, and its charts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from dialer.reports import pdf
from dialer.reports.shown import Chart, ShownCell, ShownReport, ShownSheet

FILL = colors.HexColor("#2f5d9b")
GROUND = colors.HexColor("#e3e7ee")
BAR = (18 * mm, 1.4 * mm)
CHART_HEIGHT = 32 * mm


def as_pdf(report: ShownReport) -> bytes:
    """The report on A4, lengthwise; the same report always as the same bytes."""
    out = io.BytesIO()
    template = pdf.page_of(out, report.title, size=landscape(A4))
    story: list[Any] = [
        pdf.paragraph(report.title, pdf.style("title", 20, spaceAfter=3 * mm)),
        pdf.paragraph(report.about, pdf.style("about", 9, spaceAfter=6 * mm)),
    ]
    for sheet in report.sheets:
        story += [*_sheet(sheet, template.width), Spacer(1, 8 * mm)]
    template.build(story, onFirstPage=pdf.foot, onLaterPages=pdf.foot)
    return out.getvalue()


def _sheet(sheet: ShownSheet, width: float) -> Sequence[Any]:
    if not sheet.rows:
        return [pdf.heading(sheet.title), pdf.paragraph(sheet.empty, pdf.style("empty", 9))]
    cells = [[_cell(cell) for cell in row] for row in sheet.rows]
    drawn = [] if sheet.chart is None else [_chart(sheet.chart, width)]
    return [pdf.heading(sheet.title), *drawn, pdf.table_of(sheet.header, cells, width)]


def _cell(cell: ShownCell) -> Any:
    text = pdf.paragraph(cell.text, pdf.style("cell", 7))
    if cell.share is None:
        return text
    bar = Drawing(*BAR)
    bar.add(Rect(0, 0, *BAR, fillColor=GROUND, strokeColor=None))
    bar.add(Rect(0, 0, BAR[0] * min(1, cell.share), BAR[1], fillColor=FILL, strokeColor=None))
    return [text, bar]


def _chart(chart: Chart, width: float) -> Any:
    drawing = Drawing(width, CHART_HEIGHT)
    step = width / max(len(chart.columns), 12)
    tallest = CHART_HEIGHT - 14 * mm
    words = {"fontSize": 6, "fillColor": pdf.INK, "textAnchor": "middle"}
    said = String(0, CHART_HEIGHT - 4 * mm, chart.title, fontName=pdf.font_of(chart.title))
    said.fontSize, said.fillColor = 8, pdf.INK
    drawing.add(said)
    for place, ((label, _, figure), share) in enumerate(
        zip(chart.columns, chart.heights, strict=True)
    ):
        left, height = place * step, share * tallest
        drawing.add(Rect(left, 4 * mm, step * 0.7, height, fillColor=FILL, strokeColor=None))
        for text, at in ((label, 1 * mm), (figure, 5 * mm + height)):
            middle = left + step * 0.35
            drawing.add(String(middle, at, text, fontName=pdf.font_of(text), **words))
    return drawing
