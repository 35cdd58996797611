"""The quality report of a monitor as PDF: what it is, how it was calibrated, every check and every test. No patient."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from viewer.base.translation import N_, _
from viewer.display.calibration_record import AmbientSource, Method
from viewer.display.conformance import Check, Limit, check, limits_of, pixel_pitch
from viewer.display.constancy_judgement import checks_of_calibration, knows_ambient, was_measured
from viewer.display.constancy_schedule import overdue_notice, schedule
from viewer.display.constancy_texts import (
    class_text,
    limit_text,
    main_values,
    mode_text,
    number_text,
    subject_title,
    title_of_test,
    value_text,
    verdict_of,
    verdict_text,
)
from viewer.display.monitor_record import MonitorRecord, TestResult, state_of
from viewer.display.state_texts import sentence, status_text
from viewer.ui.quality.record_plots import contrast_plot, kappa_plot, newest_response, prediction, response_plot
from viewer.ui.quality.report_page import Column, ReportPages, write_pages

PLOT_HEIGHT = 170.0
READINGS_A_ROW = 3
_METHODS = {
    Method.NONE: N_("none"),
    Method.CONTACT: N_("meter on the glass"),
    Method.TELESCOPIC: N_("meter at the reader's place"),
    Method.VISUAL: N_("by eye"),
}
_AMBIENT = {
    AmbientSource.ASSUMED: N_("{0} cd/m² (assumed)"),
    AmbientSource.LUMINANCE: N_("{0} cd/m²"),
    AmbientSource.ILLUMINANCE: N_("{0} cd/m² (lux × reflection)"),
}
_NAME_AND_VALUE = (Column("", 1.0), Column("", 2.2))


def write_report(record: MonitorRecord, path: Path, today: date) -> None:
    """Write the report of a monitor; the file is replaced only when the new one is whole.

    Needs a QGuiApplication for its fonts; a screen it does not need (platform "offscreen").

    Args:
        record: All that is kept of the monitor.
        path: Of the PDF.
        today: The day of the report.

    Raises:
        ViewerError: If it cannot be written.
    """
    title = _("Quality of the display {0}").format(record.identity.title)

    def compose(pages: ReportPages) -> None:
        pages.title(title)
        _monitor(pages, record, today)
        _calibration(pages, record)
        _checks(pages, record)
        _plots(pages, record)
        _schedule(pages, record, today)
        _newest_tests(pages, record)
        _history(pages, record)
        _readings(pages, record)

    write_pages(path, f"{title} · {today.isoformat()}", compose)


def _monitor(pages: ReportPages, record: MonitorRecord, today: date) -> None:
    identity = record.identity
    found = prediction(record.calibrated)
    state = state_of(record, today, found.kappa if found is not None else None)
    width, height = identity.size_px
    rows = [
        (_("Date of the report"), today.isoformat()),
        (_("Monitor"), identity.title),
        (_("Serial number"), identity.serial_number or _("the monitor tells none")),
        (_("Size"), _size_text(record, width, height)),
        (_("Used for"), class_text(record.calibrated.display_class)),
        (_("State"), status_text(state)),
        ("", sentence(state)),
    ]
    if notice := overdue_notice(record, today):
        rows.append((_("Overdue"), notice))
    pages.table(_NAME_AND_VALUE, rows)


def _size_text(record: MonitorRecord, width: int, height: int) -> str:
    if not width:
        return "—"
    text = f"{width} × {height}"
    if record.pixel_pitch_mm is None:
        return text
    return _("{0}, pixel pitch {1} mm (measured on the glass)").format(text, f"{record.pixel_pitch_mm[0]:.4f}")


def _calibration(pages: ReportPages, record: MonitorRecord) -> None:
    pages.heading(_("Calibration"))
    calibrated, calibration = record.calibrated, record.calibrated.calibration
    day = calibrated.measured_on
    rows = [
        (_("Known by"), mode_text(calibration.mode)),
        (_("Method"), _(_METHODS[calibrated.method])),
        (_("Calibrated on"), day.isoformat() if day is not None else "—"),
        (_("Meter"), calibrated.meter or "—"),
        (_("Ambient luminance"), _(_AMBIENT[calibrated.ambient_source]).format(f"{calibration.ambient_cd_m2:g}")),
    ]
    rows += [(_("Note"), note) for note in calibrated.notes]
    pages.table(_NAME_AND_VALUE, rows)


def _checks(pages: ReportPages, record: MonitorRecord) -> None:
    """Set what the calibration promises and what was measured last, each with limit and source."""
    pages.heading(_("Checks"))
    calibrated = record.calibrated
    is_measured = was_measured(calibrated.calibration)
    if not is_measured:
        pages.paragraph(_("Nobody measured this monitor: the values of its calibration are assumed, not found."))
    limits = limits_of(calibrated.display_class)
    rows = [
        _found_row(each, is_measured=is_measured and (each.subject != "ambient_ratio" or knows_ambient(calibrated)))
        for each in checks_of_calibration(calibrated.calibration, calibrated.display_class)
    ]
    predicted = prediction(calibrated)
    if predicted is not None:
        kappa = check("kappa", predicted.kappa, limits)
        rows.insert(0, _check_row(kappa, _("predicted"), has_verdict=is_measured))
    if record.pixel_pitch_mm is not None:
        rows.append(_check_row(pixel_pitch(max(record.pixel_pitch_mm), limits), _("measured")))
    newest = {
        answer.subject: (answer, result)
        for result in record.tests
        for answer in result.answers
        if answer.value is not None and limit_text(answer.subject, calibrated.display_class)
    }
    rows += [
        (
            subject_title(answer.subject),
            value_text(answer),
            limit_text(answer.subject, calibrated.display_class),
            verdict_text(answer.passes),
            result.done_on.isoformat(),
        )
        for answer, result in newest.values()
        if not answer.subject.startswith(("qc.", "ct."))
    ]
    columns = (Column(_("Quantity"), 2.9), Column(_("Value")), Column(_("Limit"), 2.9), Column(_("Result")))
    pages.table((*columns, Column(_("From"), 1.2)), rows)


def _found_row(checked: Check, *, is_measured: bool) -> tuple[str, ...]:
    return _check_row(checked, _("calibration") if is_measured else _("assumed"), has_verdict=is_measured)


def _check_row(checked: Check, origin: str, *, has_verdict: bool = True) -> tuple[str, ...]:
    limit = _limit_words(checked.subject, checked.limit)
    verdict = verdict_text(checked.passes) if limit and has_verdict else ""
    return checked.title, number_text(checked.subject, checked.value), limit, verdict, origin


def _limit_words(subject: str, limit: Limit) -> str:
    words = [f"≥ {number_text(subject, limit.least)}" if limit.least is not None else ""]
    words += [f"≤ {number_text(subject, limit.most)}" if limit.most is not None else ""]
    text = ", ".join(word for word in words if word)
    return f"{text} ({limit.source})" if text else ""


def _plots(pages: ReportPages, record: MonitorRecord) -> None:
    found = newest_response(record)
    was_measured = any(result.value("kappa") is not None for result in record.tests)
    if found is not None:
        plots = response_plot(found, is_measured=was_measured), contrast_plot(found, record)
        pages.heading(_("Luminance response"), PLOT_HEIGHT)
        pages.plots(plots, PLOT_HEIGHT)
    if was_measured:
        pages.plots((kappa_plot(record),), PLOT_HEIGHT)


def _schedule(pages: ReportPages, record: MonitorRecord, today: date) -> None:
    due = schedule(record)
    if not due:
        return
    pages.heading(_("Next tests"))
    rows = [
        (_(each.test.title), each.due_on.isoformat(), _("overdue") if each.is_overdue(today) else "", each.test.source)
        for each in due
    ]
    pages.table((Column(_("Test"), 1.6), Column(_("By")), Column(""), Column(_("After"), 1.6)), rows)


def _newest_tests(pages: ReportPages, record: MonitorRecord) -> None:
    """Set every answer of the newest result of each test."""
    newest = {result.test: result for result in record.tests}
    for result in newest.values():
        words = title_of_test(result.test), result.done_on.isoformat(), verdict_text(verdict_of(result))
        pages.heading(" · ".join(word for word in words if word))
        _answers(pages, record, result)
        if result.luminances_cd_m2:
            values = "   ".join(f"{value:.4g}" for value in result.luminances_cd_m2)
            pages.paragraph(_("Luminances with ambient light, in cd/m²: {0}").format(values))
        if result.remark:
            pages.paragraph(_("Remark: {0}").format(result.remark))


def _answers(pages: ReportPages, record: MonitorRecord, result: TestResult) -> None:
    display_class = record.calibrated.display_class
    columns = (Column(_("Question or quantity"), 3.0), Column(_("Answer")), Column(_("Limit"), 1.8))
    rows = [
        (
            subject_title(answer.subject),
            value_text(answer),
            limit_text(answer.subject, display_class),
            verdict_text(answer.passes),
        )
        for answer in result.answers
    ]
    pages.table((*columns, Column(_("Result"))), rows)


def _history(pages: ReportPages, record: MonitorRecord) -> None:
    if not record.tests:
        return
    pages.heading(_("All tests"))
    columns = (Column(_("Date"), 1.3), Column(_("Test"), 1.9), Column(_("Result")), Column(_("Values"), 3.4))
    pages.table(
        (*columns, Column(_("Remark"), 1.6)),
        [
            (
                result.done_on.isoformat(),
                title_of_test(result.test),
                verdict_text(verdict_of(result)),
                "  ".join(main_values(result)),
                result.remark,
            )
            for result in reversed(record.tests)
        ],
    )


def _readings(pages: ReportPages, record: MonitorRecord) -> None:
    """Set the readings the calibration was made from."""
    readings = record.calibrated.readings
    if not readings:
        return
    pages.heading(_("Readings of the calibration"))
    cells = [
        part for reading in readings for part in (str(reading.driving_level), f"{reading.luminance_cd_m2:.5g} cd/m²")
    ]
    pages.table(
        (Column(_("Level"), 0.6), Column(_("Luminance"), 1.4)) * READINGS_A_ROW, _in_rows(cells, 2 * READINGS_A_ROW)
    )


def _in_rows(cells: Sequence[str], width: int) -> list[list[str]]:
    padded = [*cells, *[""] * (-len(cells) % width)]
    return [padded[at : at + width] for at in range(0, len(padded), width)]
