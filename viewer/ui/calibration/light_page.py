"""Second page: the light of the room on the screen, and what measures."""

import contextlib

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from viewer.base.errors import DisplayError, ViewerError
from viewer.base.translation import N_, _
from viewer.display.calibration_draft import Way
from viewer.display.calibration_record import AmbientSource
from viewer.display.measuring_plan import luminance_of
from viewer.ui.calibration.desk import CalibrationDesk
from viewer.ui.calibration.page import INDENT, WizardPage, heading, number_field, paragraph

HIGHEST_AMBIENT_CD_M2, HIGHEST_LUX, HIGHEST_REFLECTION = 1000.0, 100_000.0, 1.0
FIELD_PX = 130


class LightPage(WizardPage):
    """Ambient light, kind of meter; for monitors that are not measured, black and white where they are known."""

    title = N_("Ambient light")

    def __init__(self, desk: CalibrationDesk) -> None:
        super().__init__(desk)
        draft = desk.draft
        self._sources = {
            AmbientSource.LUMINANCE: QRadioButton(_("Luminance of the switched-off screen at the reader's place")),
            AmbientSource.ILLUMINANCE: QRadioButton(_("Illuminance on the screen times its reflection")),
            AmbientSource.ASSUMED: QRadioButton(_("Not known")),
        }
        self._group, self._meters = QButtonGroup(self), QButtonGroup(self)
        self._ambient = number_field(
            _("Ambient luminance"),
            draft.ambient_cd_m2,
            HIGHEST_AMBIENT_CD_M2,
            3,
            lambda value: self._typed(AmbientSource.LUMINANCE, ambient_cd_m2=value),
            _(" cd/m²"),
        )
        self._lux = number_field(
            _("Illuminance"),
            draft.lux,
            HIGHEST_LUX,
            1,
            lambda value: self._typed(AmbientSource.ILLUMINANCE, lux=value),
            _(" lx"),
        )
        self._reflection = number_field(
            _("Coefficient of diffuse reflection"),
            draft.reflection_per_sr,
            HIGHEST_REFLECTION,
            4,
            lambda value: self._typed(AmbientSource.ILLUMINANCE, reflection_per_sr=value),
            _(" 1/sr"),
        )
        self._product = QLabel()
        self._contact = QRadioButton(_("On the glass: it sees no ambient light"))
        self._telescopic = QRadioButton(_("At the reader's place (telescopic): its readings include ambient light"))
        self._black, self._white = QLineEdit(), QLineEdit()
        self._meter_part, self._ends_part = QWidget(), QWidget()
        self._lay_out()

    def enter(self) -> None:
        """Show the draft's light; ask for what this way needs."""
        draft = self.desk.draft
        self._sources[draft.ambient].setChecked(True)
        for field, value in (
            (self._ambient, draft.ambient_cd_m2),
            (self._lux, draft.lux),
            (self._reflection, draft.reflection_per_sr),
        ):
            field.blockSignals(True)
            field.setValue(value)
            field.blockSignals(False)
        (self._telescopic if draft.is_telescopic else self._contact).setChecked(True)
        self._black.setText("" if draft.black_cd_m2 is None else f"{draft.black_cd_m2:g}")
        self._white.setText("" if draft.white_cd_m2 is None else f"{draft.white_cd_m2:g}")
        self._meter_part.setVisible(draft.way is not Way.VISUAL)
        self._ends_part.setVisible(draft.way is not Way.MEASURED)
        self._show_product()

    def leave(self) -> None:
        """Take over black and white."""
        if self.desk.draft.way is Way.MEASURED:
            return
        black, white = (_optional(field) for field in (self._black, self._white))
        if (black is None) != (white is None):
            raise DisplayError(_("Give both black and white, or neither"))
        if black is not None and white is not None and black >= white:
            raise DisplayError(_("Black must be darker than white: {0:g} and {1:g} cd/m²").format(black, white))
        self.desk.change(black_cd_m2=black, white_cd_m2=white)

    def put_by(self) -> None:
        """Take black and white over where they are in order."""
        with contextlib.suppress(ViewerError):
            self.leave()

    def first_widget(self) -> QWidget:
        """Return the source in force."""
        return self._sources[self.desk.draft.ambient]

    def _lay_out(self) -> None:
        self.column.addWidget(heading(_("Light of the room on the screen")))
        self.column.addWidget(
            paragraph(
                _("Reading light on, monitor off. The light lifts the dark greys; the correction allows for it."),
                is_quiet=True,
            )
        )
        for source, button in self._sources.items():
            self._group.addButton(button)
            button.toggled.connect(lambda is_on, chosen=source: self._choose(chosen, is_on=is_on))
        self.column.addWidget(self._sources[AmbientSource.LUMINANCE])
        self.column.addLayout(_line(self._ambient))
        self.column.addWidget(self._sources[AmbientSource.ILLUMINANCE])
        self.column.addLayout(_line(self._lux, QLabel("×"), self._reflection, self._product))
        self.column.addWidget(self._sources[AmbientSource.ASSUMED])
        self.column.addWidget(
            paragraph(_("It is said wherever the calibration is shown."), is_quiet=True, indent=INDENT)
        )
        self.column.addSpacing(12)
        self._lay_out_meter()
        self._lay_out_ends()
        self.column.addStretch(1)

    def _lay_out_meter(self) -> None:
        column = QVBoxLayout(self._meter_part)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(heading(_("Where the meter is")))
        for button in (self._contact, self._telescopic):
            self._meters.addButton(button)
            column.addWidget(button)
        self._telescopic.toggled.connect(lambda is_on: self.desk.change(is_telescopic=is_on))
        self.column.addWidget(self._meter_part)

    def _lay_out_ends(self) -> None:
        column = QVBoxLayout(self._ends_part)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(heading(_("Black and white of the monitor, where they are known")))
        for name, field in ((_("Black"), self._black), (_("White"), self._white)):
            field.setAccessibleName(name)
            field.setPlaceholderText(_("not known"))
            field.setFixedWidth(FIELD_PX)
        column.addLayout(
            _line(QLabel(_("Black")), self._black, QLabel(_("White")), self._white, QLabel(_("cd/m²")), indent=0)
        )
        self.column.addWidget(self._ends_part)

    def _choose(self, source: AmbientSource, *, is_on: bool) -> None:
        if is_on:
            self.desk.change(ambient=source)

    def _typed(self, source: AmbientSource, **fields: float) -> None:
        self._sources[source].setChecked(True)
        self.desk.change(ambient=source, **fields)
        self._show_product()

    def _show_product(self) -> None:
        draft = self.desk.draft
        self._product.setText(_("= {0:.4g} cd/m²").format(draft.lux * draft.reflection_per_sr))


def _line(*widgets: QWidget, indent: int = INDENT) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(indent, 0, 0, 0)
    line.setSpacing(8)
    for widget in widgets:
        line.addWidget(widget)
    line.addStretch(1)
    return line


def _optional(field: QLineEdit) -> float | None:
    return luminance_of(field.text()) if field.text().strip() else None
