"""What a draft takes from the study on screen: marks as words and numbers, the image in a viewport as key image."""

from collections.abc import Sequence

from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.voi_lut import Window
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.measuring.reading_texts import reading_text
from viewer.workspace.presenting.applying import NATIVE
from viewer.workspace.presenting.key_book import frame_number_of
from viewer.workspace.presenting.key_marks import KeyMark
from viewer.workspace.reporting.report_draft import DraftImage, DraftNumber, DraftRegion
from viewer.workspace.viewport_state import ViewportState
from viewer.workspace.workspace import Workspace

_SERIES_NUMBER, _INSTANCE_NUMBER = 0x00200011, 0x00200013
_BESIDE = frozenset({"Median", "Pixels", "Perimeter", "Min", "Max"})
"""Titles of numbers that the words leave out, and the coded numbers have."""


def marks_to_offer(workspace: Workspace, study_instance_uid: str) -> tuple[Annotation, ...]:
    """Return the marks of a study that can be put into a report, the oldest first."""
    return workspace.shared.annotations.of_study(study_instance_uid)


def mark_title(annotation: Annotation) -> str:
    """Return what a mark is called."""
    from viewer.measurement.kinds.table import is_known, kind_of

    name = _(kind_of(annotation.kind).title) if is_known(annotation.kind) else annotation.kind
    return annotation.tracking_id or (annotation.text.split("\n")[0].strip() or name)


def mark_values(annotation: Annotation) -> str:
    """Return its main numbers on one line; why there are none where that is so."""
    told = [each for each in annotation.readings if each.value is not None and each.title not in _BESIDE]
    words = [reading_text(each) if len(told) == 1 else f"{each.name} {reading_text(each)}" for each in told]
    words += list(dict.fromkeys(each.refusal for each in annotation.readings if each.refusal))
    return ", ".join(words)


def mark_words(annotation: Annotation, headers: Sequence[InstanceHeader]) -> str:
    """Return the sentence that a mark becomes: what it is called, its numbers, where it lies."""
    values = mark_values(annotation)
    text = f"{mark_title(annotation)}: {values}" if values else mark_title(annotation)
    place = place_words(annotation, headers)
    cautions = [each.caution for each in annotation.readings if each.caution]
    text = f"{text} ({place})" if place else text
    return " – ".join((text, *dict.fromkeys(cautions)))


def place_words(annotation: Annotation, headers: Sequence[InstanceHeader]) -> str:
    """Return series and image that a mark lies on."""
    anchor = annotation.anchor
    if not isinstance(anchor, ImageAnchor):
        of_series = (each for each in headers if each.series_instance_uid == anchor.series_instance_uid)
        number = next((each.number(_SERIES_NUMBER) for each in of_series), None)
        return _("plane through series {0}").format(f"{number:g}") if number is not None else ""
    header = next((each for each in headers if each.sop_instance_uid == anchor.sop_instance_uid), None)
    return "" if header is None else image_words(header, anchor.frame_number if header.frame_count > 1 else 0)


def image_words(header: InstanceHeader, frame_number: int = 0) -> str:
    """Return which image is meant: "series 4, image 12, frame 3"."""
    series, instance = header.number(_SERIES_NUMBER), header.number(_INSTANCE_NUMBER)
    parts = [
        _("series {0}").format(f"{series:g}") if series is not None else "",
        _("image {0}").format(f"{instance:g}") if instance is not None else "",
        _("frame {0}").format(frame_number) if frame_number else "",
    ]
    return ", ".join(part for part in parts if part)


def numbers_of(annotation: Annotation, headers: Sequence[InstanceHeader]) -> tuple[DraftNumber, ...]:
    """Return the numbers of a mark with their regions; none that was refused. Planes have no regions in a report."""
    from viewer.dicom.structured_report.values import RegionValue
    from viewer.measurement.report_groups import written_group
    from viewer.workspace.reporting.measurement_saving import image_facts, images_of

    if not any(each.value is not None for each in annotation.readings):
        return ()
    group = written_group(annotation, image_facts(images_of([annotation], headers)), has_space=False)
    told = [each for each in annotation.readings if each.value is not None]
    found = []
    for each, reading in zip(group.numbers, told, strict=False):
        regions = each.regions or (() if group.region is None else (group.region,))
        placed = tuple(
            DraftRegion(region.value.graphic_type, region.value.points, _image_of(region.image))
            for region in regions
            if isinstance(region.value, RegionValue) and region.image is not None
        )
        title = mark_title(annotation)
        label = f"{reading.name} {reading_text(reading)}"
        label = label if title == reading.name else f"{title}: {label}"
        found.append(
            DraftNumber(label, each.name, each.value, each.unit, each.derivation, each.method, each.remark, placed)
        )
    return tuple(found)


def _image_of(value: object) -> DraftImage:
    from viewer.dicom.structured_report.values import ReferenceValue

    assert isinstance(value, ReferenceValue)  # noqa: S101 - regions lie on images
    frame = value.frames[0] if value.frames else 0
    return DraftImage(value.instance.sop_class_uid, value.instance.sop_instance_uid, frame)


def image_on_screen(workspace: Workspace, cell: int) -> DraftImage | None:
    """Return what a viewport shows as a key image, as it is seen; None where it shows no single image."""
    displayed, state = workspace.displayed(cell), workspace.viewport(cell)
    image = workspace.image_at(cell)
    if image is None or image.header.pixel_data is None or state.volume is not None:
        return None
    window = None
    if displayed is not None and displayed.image == image and displayed.look is None:
        window = displayed.rendered.voi if isinstance(displayed.rendered.voi, Window) else None
    return _named(workspace, image, state, window)


def image_of_mark(workspace: Workspace, mark: KeyMark) -> DraftImage:
    """Return an image that was marked as key; it is printed as it asks to be shown."""
    return DraftImage(
        mark.sop_class_uid,
        mark.sop_instance_uid,
        mark.frame_number,
        presentation=(_class_of(workspace, mark.presentation), mark.presentation) if mark.presentation else ("", ""),
    )


def _named(workspace: Workspace, image: ImageRef, state: ViewportState, window: Window | None) -> DraftImage:
    header = image.header
    view: list[tuple[str, float | str]] = []
    is_native = state.presentation == NATIVE
    if is_native:
        view.append(("native", 1.0))
    if window is not None and not state.suv_type:  # a window of SUV is none of the values that are printed
        view += [("center", window.center), ("width", window.width), ("function", window.function.value)]
    if state.view.inverted:
        view.append(("inverted", 1.0))
    if state.view.pseudo_color is not None:
        view.append(("palette", state.view.pseudo_color))
    if state.transform.rotation_deg % 360.0:
        view.append(("rotation", state.transform.rotation_deg))
    if state.transform.is_flipped:
        view.append(("flipped", 1.0))
    frame = frame_number_of(image) if header.frame_count > 1 else 0
    presentation = "" if is_native else state.presentation
    named = (_class_of(workspace, presentation), presentation) if presentation else ("", "")
    return DraftImage(header.sop_class_uid, header.sop_instance_uid, frame, presentation=named, view=tuple(view))


def _class_of(workspace: Workspace, uid: str) -> str:
    return next((each.sop_class_uid for each in workspace.tree.headers() if each.sop_instance_uid == uid), "")


def image_ref_of(sets: Sequence[DisplaySet], named: DraftImage) -> ImageRef | None:
    """Return the open image that is meant; None where it is not open."""
    for display_set in sets:
        for image in display_set.images:
            if image.header.sop_instance_uid == named.sop_instance_uid and (
                named.frame_number in {0, image.frame_index + 1} or image.is_tile
            ):
                return image
    return None
