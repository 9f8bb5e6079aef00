"""The report of a period for people: its words, and the files that it is sent and taken away as."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dialer.reports.period_pdf import as_pdf
from dialer.reports.shown import Chart, ShownCell, ShownReport, ShownSheet
from dialer.reports.spreadsheet import Cell, as_csv, as_xlsx
from dialer.reports.superiors import Figures, Sheet
from dialer.store.report_schedules import Format as FileFormat
from dialer.web.i18n import Format
from dialer.web.labels import label
from dialer.web.render import template_of
from messaging.email.staff import File

RATES = frozenset({"kept_rate", "penetration", "promise_rate", "rate", "cure_rate"})
"""Columns that are a share of one: each is shown with a bar."""
CHARTS = {"Best hours": ("hour_utc", "right_party"), "Ages": ("bucket", "debts")}
"""Which columns of a table are drawn: the label and the figure."""
MEDIA_TYPES = {
    FileFormat.CSV: "text/csv",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileFormat.HTML: "text/html",
    FileFormat.PDF: "application/pdf",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """Prints reports in one reader's language."""

    form: Format
    business_name: str

    def shown(self, figures: Figures) -> ShownReport:
        """The report as people read it."""
        scope = figures.scope
        named = [
            f"{self.say(what)}: {value}"
            for what, value in (
                (CREDITOR, scope.creditor),
                (CAMPAIGN, figures.campaign),
                (TEAM, scope.team),
            )
            if value is not None
        ]
        days = f"{figures.period.first.isoformat()} – {figures.period.last.isoformat()}"
        return ShownReport(
            title=f"{self.business_name}: {self.say(TITLE)}",
            about=", ".join([days, str(figures.period.zone), *named]),
            sheets=tuple(self._sheet(sheet) for sheet in figures.sheets),
        )

    def files(self, figures: Figures, formats: Collection[FileFormat]) -> list[File]:
        """The files of these forms. They hold figures and our own people's names alone."""
        report = self.shown(figures)
        name = f"report_{figures.period.first}_{figures.period.last}"
        made: list[File] = []
        for form in FileFormat:
            if form not in formats:
                continue
            if form is FileFormat.CSV:
                made += _csv_files(figures.sheets, name)
                continue
            content = self._content(form, figures, report)
            made.append(File(name=f"{name}.{form}", media_type=MEDIA_TYPES[form], content=content))
        return made

    def one_file(self, figures: Figures, form: FileFormat) -> File:
        """One file of this form: of CSV, where every table is a file, a ZIP of them."""
        made = self.files(figures, [form])
        if len(made) == 1:
            return made[0]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in made:
                archive.writestr(file.name, file.content)
        name = f"report_{figures.period.first}_{figures.period.last}.{form}.zip"
        return File(name=name, media_type="application/zip", content=out.getvalue())

    def say(self, text: str) -> str:
        """A marked text in the reader's language."""
        return self.form.language.translations.gettext(text)

    def _content(self, form: FileFormat, figures: Figures, report: ShownReport) -> bytes:
        match form:
            case FileFormat.XLSX:
                return as_xlsx((sheet.name, sheet.header, sheet.rows) for sheet in figures.sheets)
            case FileFormat.PDF:
                return as_pdf(report)
            case _:
                page = template_of("report_file.html", self.form.language)
                return page.render(report=report, language=self.form.language).encode()

    def _word(self, code: str) -> str:
        return self.say(label(code, "report"))

    def _sheet(self, sheet: Sheet) -> ShownSheet:
        places = {column: place for place, column in enumerate(sheet.header)}
        rows = []
        for row in sheet.rows:
            currency = row[places["currency"]] if "currency" in places else None
            cells = [
                self._cell(column, cell, str(currency or ""))
                for column, cell in zip(sheet.header[1:], row[1:], strict=True)
            ]
            first = self.say(UNKNOWN) if row[0] in (None, "") else str(row[0])
            rows.append((ShownCell(text=first), *cells))
        return ShownSheet(
            title=self._word(sheet.name),
            header=tuple(self._word(column) for column in sheet.header),
            rows=tuple(rows),
            empty=self.say(EMPTY),
            chart=self._chart(sheet, places),
        )

    def _cell(self, column: str, cell: Cell, currency: str) -> ShownCell:
        if cell is None:
            return ShownCell(text="–")
        if isinstance(cell, str):
            return ShownCell(text=cell)
        if column in RATES:
            return ShownCell(text=self.form.percent(cell), share=float(cell), number=True)
        if column.endswith("_minor") and currency:
            return ShownCell(text=self.form.money(int(cell), currency), number=True)
        return ShownCell(text=self.form.number(cell), number=True)

    def _chart(self, sheet: Sheet, places: dict[str, int]) -> Chart | None:
        if sheet.name not in CHARTS or not sheet.rows:
            return None
        label_of, figure_of = CHARTS[sheet.name]
        columns = []
        for row in sheet.rows:
            figure = row[places[figure_of]]
            if isinstance(figure, (int, float)):
                label = str(row[places[label_of]])
                columns.append((label, float(figure), self.form.number(figure)))
        title = f"{self._word(figure_of)} / {self._word(label_of)}"
        return Chart(title=title, columns=tuple(columns))


def _csv_files(sheets: Sequence[Sheet], name: str) -> list[File]:
    return [
        File(
            name=f"{name}_{sheet.name.lower().replace(' ', '_')}.csv",
            media_type=MEDIA_TYPES[FileFormat.CSV],
            content=as_csv(sheet.header, sheet.rows),
        )
        for sheet in sheets
    ]


def mark(text: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return text


TITLE = mark("Figures of a period")
EMPTY = mark("Nothing in this period.")
UNKNOWN = mark("unknown")
CREDITOR = mark("Creditor")
CAMPAIGN = mark("Campaign")
TEAM = mark("Team")
