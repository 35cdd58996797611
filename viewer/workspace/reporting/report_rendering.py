"""A report as it goes onto paper: whose it is, its words as HTML of our own making, its key images as pictures.

Nothing here draws letters: ui.reporting sets the pages, with the identity on each of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from viewer.base.errors import ViewerError
from viewer.base.jobs import Progress
from viewer.base.translation import _, current_language
from viewer.dicom.dates_and_times import display_date
from viewer.dicom.structured_report.diagnostic_codes import title_of
from viewer.imaging.frame_state import PatientIdentity
from viewer.imaging.frame_store import FrameStore, LoadedFrame
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.measurement.annotation import Annotation
from viewer.workspace.corner_texts import identity_lines
from viewer.workspace.reporting.report_draft import DraftIdentity, DraftImage, DraftSection, ReportDraft
from viewer.workspace.reporting.report_draft_marks import image_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from viewer.dicom.presentation_state.values import PresentationState
    from viewer.imaging.grayscale_pipeline import View
    from viewer.workspace.reporting.report_book import ReadReport

MOST_PICTURES = 60
LONG_SIDE = 1100
"""Pixels of a picture's longer side: what a column of paper shows at some 300 dots an inch."""


@dataclass(frozen=True, slots=True)
class PrintedIdentity:
    """What stands on top of every page.

    Attributes:
        patient: Name, birth date and age, sex, ID.
        study: Date, description, accession number.
        state: How final it is, and who verified it.
    """

    patient: str
    study: str
    state: str


@dataclass(frozen=True, slots=True)
class PrintedPicture:
    """A key image.

    Attributes:
        pixels: (height, width, 3) RGB, or None where it could not be had.
        caption: The reader's words.
        title: Which image it is, and how it is windowed.
        failure: Why there is no picture, translated.
    """

    pixels: "NDArray[np.uint8] | None"
    caption: str
    title: str
    failure: str = ""


@dataclass(frozen=True, slots=True)
class PrintedReport:
    """All that goes onto paper.

    Attributes:
        body: HTML, without pictures.
    """

    identity: PrintedIdentity
    title: str
    body: str
    pictures: tuple[PrintedPicture, ...] = ()


def caution_words() -> str:
    """Return what stands wherever images are printed: paper and PDF are no calibrated display."""
    return _("Images are scaled and shown without display calibration: for reference, not for diagnosis.")


# Words


def printed_draft(draft: ReportDraft, state: str, pictures: Sequence[PrintedPicture] = ()) -> PrintedReport:
    """Return a draft as it goes onto paper.

    Args:
        draft: It.
        state: How final it is, and who verified it.
        pictures: Of its key images.
    """
    parts = []
    if draft.replaces is not None:
        told = _("Version {0}, takes the place of an earlier report.").format(draft.version)
        parts.append(f"<p class='v'>{escape(told)}</p>")
        if draft.reason:
            parts.append(f"<p class='v'>{escape(_('Reason: {0}').format(draft.reason))}</p>")
    parts += [section_html(section) for section in draft.sections if not section.is_empty]
    return PrintedReport(printed_identity(draft.identity, state), title_words(draft), "\n".join(parts), tuple(pictures))


def title_words(draft: ReportDraft) -> str:
    """Return the title of the document."""
    return draft.title.meaning


def section_html(section: DraftSection) -> str:
    """Return a section: its heading, its words line by line, its numbers."""
    heading = escape(_(title_of(section.heading)))
    words = "".join(f"<p>{_line(line)}</p>" for line in section.text.strip("\n").splitlines())
    numbers = "".join(f"<p class='v'>{escape(number.label)}</p>" for number in section.numbers)
    return f"<h2>{heading}</h2>{words}{numbers}"


def _line(line: str) -> str:
    """Return a line whose leading and repeated blanks stay."""
    return escape(line).replace("  ", "&nbsp; ").replace("\t", "&nbsp; &nbsp; ") or "&nbsp;"


def printed_document(read: "ReadReport", pictures: Sequence[PrintedPicture] = ()) -> PrintedReport:
    """Return any report that was read as it goes onto paper: nothing of it is left out but what is hidden."""
    from viewer.dicom.structured_report.html import HtmlManner, report_parts
    from viewer.dicom.structured_report.wording import date_time_text, document_title, flags_of, name_text

    header, language = read.report.header, current_language()
    manner = HtmlManner(with_codes=False, language=language, has_head=False)
    verified = [
        " ".join(
            part for part in (name_text(each.observer, language), each.organization, date_time_text(each.at)) if part
        )
        for each in header.verifications
    ]
    patient = header.patient
    identity = DraftIdentity(
        patient.name,
        patient.patient_id,
        patient.birth_date,
        patient.sex,
        header.study_date,
        header.study_description,
        header.accession_number,
    )
    state = " · ".join((*flags_of(header), *verified))
    body = "\n".join(report_parts(read.report, read.sections, manner))
    return PrintedReport(printed_identity(identity, state), document_title(read.report), body, tuple(pictures))


def printed_identity(identity: DraftIdentity, state: str) -> PrintedIdentity:
    """Return what stands on top of every page; a name or an ID that is missing is said."""
    named = PatientIdentity(identity.name, identity.patient_id, identity.birth_date, identity.sex)
    study = (
        display_date(identity.study_date) if identity.study_date else _("(no study date)"),
        identity.study_description,
        _("Accession {0}").format(identity.accession_number) if identity.accession_number else "",
    )
    return PrintedIdentity(
        " · ".join(identity_lines(named, identity.study_date)), " · ".join(part for part in study if part), state
    )


# Pictures


@dataclass(frozen=True, slots=True, eq=False)
class WantedPicture:
    """A key image that is to be drawn.

    Attributes:
        image: None where it is not open.
        presentation: The state it is seen with; None for none.
        marks: What was measured on it.
        problem: What must be said of it: the state it was to be seen with is not there.
    """

    named: DraftImage
    image: ImageRef | None
    presentation: "PresentationState | None" = None
    marks: tuple[Annotation, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class DrawPictures:
    """The job that draws key images; one that cannot be had says why, and the others are there.

    Attributes:
        patient: Name and ID, under every picture: cut out, it still says whose it is.
    """

    store: FrameStore
    wanted: tuple[WantedPicture, ...]
    patient: str

    def run(self, progress: Progress) -> tuple[PrintedPicture, ...]:
        """Return them in their order."""
        found = []
        for each in self.wanted[:MOST_PICTURES]:
            progress.check()
            try:
                found.append(self._drawn(each, progress))
            except ViewerError as error:
                found.append(self._failed(each, error.one_line()))
        found += [self._failed(each, _("there are too many pictures")) for each in self.wanted[MOST_PICTURES:]]
        return tuple(found)

    def _failed(self, wanted: WantedPicture, reason: str) -> PrintedPicture:
        words = image_words(wanted.image.header, wanted.named.frame_number) if wanted.image is not None else ""
        title = " · ".join(part for part in (self.patient, words) if part)
        return PrintedPicture(None, wanted.named.caption, title, reason)

    def _drawn(self, wanted: WantedPicture, progress: Progress) -> PrintedPicture:
        from viewer.imaging.viewport_image import GeometryCache, RenderRequest, render_viewport
        from viewer.imaging.voi_lut import Window
        from viewer.workspace.presenting.presented_loading import under_state

        if wanted.image is None:
            return self._failed(wanted, _("the image is not open"))
        own, is_native = self.store.load(wanted.image, progress=progress), "native" in dict(wanted.named.view)
        loaded = under_state(own, wanted.presentation, self.store, is_native=is_native)
        view, transform = view_of(wanted.named), transform_of(wanted.named)
        if wanted.presentation is not None:
            from viewer.imaging.presented_frame import transform_of as presented_transform

            state = loaded.state
            area = wanted.presentation.area_of(state.sop_instance_uid, state.frame_number)
            transform = presented_transform(wanted.presentation, area).fitted()
        request = RenderRequest("report", _size(loaded, transform), transform, view)
        rendered = render_viewport(loaded.stored, loaded.state, request, GeometryCache())
        pixels = _with_marks(rendered.pixels, loaded, wanted.marks, rendered.placement)
        window = ""
        if isinstance(rendered.voi, Window):
            window = f"W {rendered.voi.width:g} L {rendered.voi.center:g}".replace("-", "−")
        parts = (
            self.patient,
            display_date(wanted.image.header.ascii(_STUDY_DATE)),
            image_words(wanted.image.header, wanted.named.frame_number),
            window,
            _("PR {0}").format(loaded.state.presentation_title) if loaded.state.presentation_uid else "",
            _("SUBTRACTED") if loaded.state.is_subtracted else "",
            _("reduced") if rendered.is_reduced else _("enlarged") if _is_enlarged(loaded, request.size) else "",
            wanted.problem,
            *rendered.notes,
        )
        return PrintedPicture(pixels, wanted.named.caption, " · ".join(dict.fromkeys(part for part in parts if part)))


_STUDY_DATE = 0x00080020


def view_of(named: DraftImage) -> "View":
    """Return how an image was on screen."""
    from viewer.imaging.grayscale_pipeline import View
    from viewer.imaging.pseudo_color import PALETTE_IDS
    from viewer.imaging.voi_lut import VoiFunction, Window

    kept = dict(named.view)
    voi = None
    if "center" in kept and "width" in kept:
        names = {each.value for each in VoiFunction}
        function = str(kept.get("function", ""))
        function_of = VoiFunction(function) if function in names else VoiFunction.LINEAR
        voi = Window(float(kept["center"]), float(kept["width"]), function_of)
    palette = str(kept.get("palette", ""))
    return View(voi=voi, inverted=bool(kept.get("inverted")), pseudo_color=palette if palette in PALETTE_IDS else None)


def transform_of(named: DraftImage) -> SpatialTransform:
    """Return how an image lay on screen; all of it is printed."""
    kept = dict(named.view)
    rotation = kept.get("rotation", 0.0)
    return SpatialTransform(
        rotation_deg=rotation if isinstance(rotation, float) else 0.0, is_flipped=bool(kept.get("flipped"))
    )


def _size(loaded: LoadedFrame, transform: SpatialTransform) -> tuple[int, int]:
    """Return the size of a picture: in its proportions, no larger than paper shows."""
    width, height = float(loaded.state.pixels.columns), loaded.state.pixels.rows * loaded.state.aspect
    if transform.area is not None:
        left, top, right, bottom = transform.area
        width, height = abs(right - left), abs(bottom - top) * loaded.state.aspect
    if round(transform.rotation_deg / 90.0) % 2:
        width, height = height, width
    scale = LONG_SIDE / max(width, height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _is_enlarged(loaded: LoadedFrame, size: tuple[int, int]) -> bool:
    return max(size) > max(loaded.state.pixels.columns, loaded.state.pixels.rows)


def _with_marks(
    pixels: "NDArray[np.uint8]", loaded: LoadedFrame, marks: Iterable[Annotation], placement: object
) -> "NDArray[np.uint8]":
    """Return pixels in colour, with what a presentation state and the reader drew."""
    import numpy as np

    from viewer.imaging.graphic_raster import draw_graphics
    from viewer.imaging.spatial_transform import ImagePlacement
    from viewer.workspace.presenting.state_writing_marks import LayerNames, Pen, layers_of_marks

    assert isinstance(placement, ImagePlacement)  # noqa: S101 - what was rendered has one
    rgb = np.ascontiguousarray(np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels)
    own = tuple(each for each in marks if not each.is_hidden)
    pen = Pen(loaded.state.pixels.columns, loaded.state.pixels.rows)
    layers = (*loaded.state.graphics, *layers_of_marks(own, pen, LayerNames()))
    if layers:
        rgb = rgb.copy()
        draw_graphics(rgb, layers, placement, _pixel_of)
    return rgb


def _pixel_of(ink: "tuple[int | None, tuple[int, int, int] | None]") -> tuple[int, int, int]:
    level = 255 if ink[0] is None else ink[0] >> 8
    return ink[1] or (level, level, level)


def with_pictures(report: PrintedReport, pictures: Sequence[PrintedPicture]) -> PrintedReport:
    """Return a report with its pictures."""
    return replace(report, pictures=tuple(pictures))
