"""The texts in the corners of a viewport, made of the fields that corner_text_table names for a modality.

The patient banner is always there and is made from the same frame state as the pixels.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from viewer.base.translation import N_, _, current_language
from viewer.dicom.dates_and_times import age_text, display_date, display_time
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.person_name import PersonName
from viewer.imaging.frame_state import PatientIdentity
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.viewport_image import RenderedViewport
from viewer.imaging.voi_lut import Window
from viewer.workspace.corner_text_table import CORNERS, CornerTextTable, LineRule
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.rendering_words import rendering_words
from viewer.workspace.tools.true_size import true_size_text
from viewer.workspace.volume_look import VolumeLook
from viewer.workspace.volume_notes import phase_title, place_text, position_text

_SEPARATOR = "  "
HIGHEST_TESLA = 30.0
"""Some scanners write gauss, without a word: better nothing than "2000 T"."""


@dataclass(frozen=True, slots=True)
class CornerScene:
    """What corner texts are made of: one image on screen.

    Attributes:
        index: Of the image in the display set, from 0.
        preset: Name of the window preset in force; empty for none.
        achieved_rate: Images a second that a cine reaches; None while none plays.
        dropped: Images that a cine left out to keep its time.
        character_set: The reader's override for the study's text.
        is_true_size: Whether it is shown at the size that image and monitor state.
        is_screen_measured: Whether somebody measured the monitor's size; else it is what the system states.
        look: At the volume that is on screen; None for the image itself.
    """

    image: ImageRef
    display_set: DisplaySet
    index: int
    rendered: RenderedViewport
    preset: str = ""
    achieved_rate: float | None = None
    dropped: int = 0
    character_set: str | None = None
    is_true_size: bool = False
    is_screen_measured: bool = False
    look: VolumeLook | None = None

    @property
    def header(self) -> InstanceHeader:
        """The file's header."""
        return self.image.header

    def text(self, tag: int) -> str:
        """Return a text of the file in the character set in force."""
        return self.header.text(tag, self.character_set)


@dataclass(frozen=True, slots=True)
class CornerLine:
    """A line as it is drawn."""

    text: str
    priority: int


def corner_texts(
    scene: CornerScene, amount: str = "full", table: CornerTextTable | None = None
) -> dict[str, tuple[CornerLine, ...]]:
    """Return the lines of every corner.

    Args:
        scene: What is on screen.
        amount: "full", "short" or "none".
        table: The lines in force; the built-in ones by default.
    """
    if amount == "none":
        return dict.fromkeys(CORNERS, ())
    return {
        corner: tuple(
            CornerLine(text, rule.priority)
            for rule in lines
            if (amount == "full" or rule.is_short) and (text := _line(rule, scene))
        )
        for corner, lines in (table or CornerTextTable.builtin()).of(scene.header.modality).items()
    }


def identity_lines(identity: PatientIdentity, study_date: str = "") -> tuple[str, ...]:
    """Return the patient banner: the name in the reader's script; birth date, age at the study, sex; the ID.

    A name or an ID that is missing is said, never left out.
    """
    name = PersonName.parse(identity.name).full(current_language()) or _("(no name)")
    age = age_text(identity.birth_date, study_date) if identity.birth_date and study_date else ""
    birth_date = display_date(identity.birth_date) if identity.birth_date else ""
    patient_id = _("ID {0}").format(identity.patient_id) if identity.patient_id else _("(no ID)")
    facts = " ".join(part for part in (birth_date, age, identity.sex) if part)
    return tuple(line for line in (name, facts, patient_id) if line)


def _line(rule: LineRule, scene: CornerScene) -> str:
    own = {} if scene.look is None else FIELDS_OF_VOLUME
    return _SEPARATOR.join(text for field in rule.fields if (text := own.get(field, FIELDS[field])(scene)))


def number_text(value: float, digits: int = 4) -> str:
    """Return a number with no more digits than tell something, and a true minus sign."""
    text = f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.{digits}g}"
    return text.replace("-", "−")


def _measure(tag: int, template: str, digits: int = 4, *, highest: float = math.inf) -> Callable[[CornerScene], str]:
    """Return a field for a quantity that is always above 0; a value that it cannot have is not shown."""

    def field(scene: CornerScene) -> str:
        value = scene.header.number(tag)
        is_possible = value is not None and 0 < value <= highest
        return _(template).format(number_text(value, digits)) if value is not None and is_possible else ""

    return field


def _text(tag: int) -> Callable[[CornerScene], str]:
    return lambda scene: scene.text(tag)


def _image_number(scene: CornerScene) -> str:
    return _("Image {0} of {1}").format(scene.index + 1, len(scene.display_set.images))


def _position(scene: CornerScene) -> str:
    plane = scene.rendered.state.plane
    return "" if plane is None else _("P {0} mm").format(number_text(round(plane.distance_along_normal, 1)))


def _window(scene: CornerScene) -> str:
    voi = scene.rendered.voi
    if isinstance(voi, Window):
        return _("W {0}  L {1}").format(number_text(voi.width), number_text(voi.center))
    if voi is not None and scene.rendered.state.presentation_uid:
        return _("Table of the state")
    return _("Table of the image") if voi is not None else ""


def _zoom(scene: CornerScene) -> str:
    zoom = _("Zoom {0} %").format(number_text(scene.rendered.placement.scale_x * 100, 3))
    if not scene.is_true_size or (spacing := scene.rendered.state.spacing) is None:
        return zoom
    # The monitor may not be measured, and some spacings are not those of the patient: the text says both.
    return _SEPARATOR.join((zoom, true_size_text(spacing.source, is_screen_measured=scene.is_screen_measured)))


def _cine(scene: CornerScene) -> str:
    if scene.achieved_rate is None:
        return ""
    rate = _("{0}/s").format(f"{scene.achieved_rate:.1f}")
    return rate if not scene.dropped else f"{rate} " + _("({0} dropped)").format(scene.dropped)


def _angle(tag: int, positive: str, negative: str) -> Callable[[CornerScene], str]:
    def field(scene: CornerScene) -> str:
        value = scene.header.number(tag)
        return "" if value is None else f"{positive if value >= 0 else negative} {abs(value):.0f}°"

    return field


def _laterality(scene: CornerScene) -> str:
    return scene.rendered.state.laterality or scene.header.ascii(0x00200062) or scene.header.ascii(0x00200060)


def _series_number(scene: CornerScene) -> str:
    number = scene.header.ascii(0x00200011)
    return _("Series {0}").format(number) if number else ""


FIELDS: Mapping[str, Callable[[CornerScene], str]] = {
    "institution": _text(0x00080080),
    "study_description": _text(0x00081030),
    "study_date": lambda scene: display_date(scene.header.ascii(0x00080020)),
    "study_time": lambda scene: display_time(scene.header.ascii(0x00080030)),
    "acquisition_time": lambda scene: display_time(scene.header.ascii(0x00080032)),
    "series_number": _series_number,
    "series_description": _text(0x0008103E),
    "set_label": lambda scene: scene.display_set.label,
    "body_part": _text(0x00180015),
    "laterality": _laterality,
    "view": _text(0x00185101),
    "contrast": _text(0x00180010),
    "kernel": _text(0x00181210),
    "kvp": _measure(0x00180060, N_("{0} kV")),
    "tube_current": _measure(0x00181151, N_("{0} mA")),
    "exposure": _measure(0x00181152, N_("{0} mAs")),
    "compression": _measure(0x001811A2, N_("{0} N")),
    "body_thickness": _measure(0x001811A0, N_("{0} mm")),
    "repetition_time": _measure(0x00180080, N_("TR {0}")),
    "echo_time": _measure(0x00180081, N_("TE {0}")),
    "field_strength": _measure(0x00180087, N_("{0} T"), highest=HIGHEST_TESLA),
    "heart_rate": _measure(0x00181088, N_("{0} bpm")),
    "primary_angle": _angle(0x00181510, "LAO", "RAO"),
    "secondary_angle": _angle(0x00181511, "CRA", "CAU"),
    "unit": lambda scene: scene.rendered.state.unit,
    "image_number": _image_number,
    "position": _position,
    "thickness": _measure(0x00180050, N_("T {0} mm"), 3),
    "window": _window,
    "preset": lambda scene: _(scene.preset),
    "zoom": _zoom,
    "cine": _cine,
}


def _of_volume(text: Callable[[VolumeLook], str]) -> Callable[[CornerScene], str]:
    return lambda scene: "" if scene.look is None else text(scene.look)


def _zoom_of_volume(scene: CornerScene) -> str:
    if scene.look is None or not scene.look.is_rendering:
        return _zoom(scene)
    return _("Zoom {0}×").format(number_text(scene.look.view.rendering.zoom, 3))


def _preset_of_volume(scene: CornerScene) -> str:
    if scene.look is None or not scene.look.is_rendering:
        return _(scene.preset)
    return rendering_words(scene.look.view.rendering, scene.look.volume.state.modality)


def _unit_of_volume(scene: CornerScene) -> str:
    """Return the unit of the values; a rendering's picture is colours, and has none of its own."""
    if scene.look is None or not scene.look.is_rendering:
        return scene.rendered.state.unit
    return scene.look.volume.rescale.unit


def _set_label(scene: CornerScene) -> str:
    """Return which phase of a volume is shown: its display set may be another one's."""
    title = phase_title(scene.look.volume, scene.look.view.phase) if scene.look is not None else ""
    return title or scene.display_set.label


def _unknown(_scene: CornerScene) -> str:
    return ""


FIELDS_OF_VOLUME: Mapping[str, Callable[[CornerScene], str]] = {
    "image_number": _of_volume(place_text),
    "position": _of_volume(position_text),
    "thickness": _unknown,
    "zoom": _zoom_of_volume,
    "preset": _preset_of_volume,
    "set_label": _set_label,
    "unit": _unit_of_volume,
    "acquisition_time": _unknown,
    "tube_current": _unknown,
    "exposure": _unknown,
}
"""In place of what is true of one image only."""
