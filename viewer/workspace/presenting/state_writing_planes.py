"""A plane or slab through a volume, as its viewport shows it, for a volumetric presentation state (A.80.1)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import MediaError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.graphic_objects import GraphicLayer, GraphicObject, GraphicType, GraphicUnits, Point, TextObject
from viewer.dicom.image_plane import Vector
from viewer.dicom.presentation_state.values import PresentationState, StateAnnotation, StateKind, StateVoi
from viewer.imaging.graphic_raster import outline
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.spatial_transform import ImagePlacement
from viewer.imaging.voi_lut import VoiLut, Window
from viewer.volume.reslice_plane import Projection
from viewer.workspace.measuring.marks_shown import marks_on
from viewer.workspace.presenting.state_writing import StateWording, linear, lut_data
from viewer.workspace.presenting.state_writing_marks import LayerNames, Pen, layers_of_marks
from viewer.workspace.presenting.state_writing_scopes import whole_scope
from viewer.workspace.viewport_state import DisplayedImage
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.dicom.presentation_state.writing_planes import StatePlane
    from viewer.workspace.presenting.state_writing_screen import OnScreen, StateChoice

_RENDERINGS = {
    Projection.MEAN: "AVERAGE_IP",
    Projection.MAXIMUM: "MAXIMUM_IP",
    Projection.MINIMUM: "MINIMUM_IP",
}


def plane_refusal(displayed: DisplayedImage) -> str:
    """Return why a view of a volume cannot be saved as a state, translated; empty where it can."""
    look = displayed.look
    if look is None or look.is_rendering or look.is_curved or look.plane is None:
        return _("Presentation states are for images and planes: renderings and curved views are saved as pictures")
    if look.plane.thickness_mm > 0 and look.plane.projection not in _RENDERINGS:
        return _("A state has slabs of means, maxima and minima, and no sums")
    if displayed.rendered.voi is None or displayed.rendered.state.voi_colors:
        return _("A state shows planes in grey")
    return ""


def plane_cautions() -> tuple[str, ...]:
    """Return what must be known of a state of a plane, translated."""
    return (_("Few programs can show the state of a plane: this one saves it, and does not apply it"),)


@dataclass(eq=False)
class MakePlaneState:
    """Writes the state of a plane (workspace.object_saving.Make).

    Attributes:
        images: Of the volume.
        made: What was written; this program's own list does not show it.
    """

    state: PresentationState
    plane: "StatePlane"
    images: tuple[ImageRef, ...]
    made: list[PresentationState] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __call__(self, folder: Path, progress: Progress) -> Sequence[Path]:
        """Write it.

        Raises:
            ViewerError: If an image cannot be read, or the file not written.
        """
        from viewer.dicom.derived_instance import source_data_set, write_object
        from viewer.dicom.presentation_state.writing_planes import plane_state_data_set

        progress.check()
        first = self.images[0]
        source = source_data_set(first.header, 0 if first.is_tile else first.frame_index)
        data_set = plane_state_data_set(self.state, self.plane, source)
        path = folder / "presentation-state.dcm"
        try:
            with path.open("wb") as stream:
                write_object(data_set, stream)
        except OSError as error:
            text = _("It could not be saved: {0}").format(system_reason(error))
            raise MediaError(text, subject=str(folder)) from error
        return [path]


def make_plane_state(
    workspace: Workspace, cell: int, choice: "StateChoice", wording: StateWording, screen: "OnScreen"
) -> MakePlaneState:
    """Return the job that writes the plane that a cell shows; plane_refusal says nothing of it."""
    from viewer.dicom.derived_instance import new_uid

    displayed = workspace.displayed(cell)
    assert displayed is not None  # noqa: S101 - asked before
    assert displayed.look is not None  # noqa: S101 - asked before
    header, look = displayed.image.header, displayed.look
    images = tuple(look.volume.images[look.view.phase])
    rendered = displayed.rendered
    layers = _layers(workspace, cell, choice, screen, rendered.placement)
    state = PresentationState(
        StateKind.PLANAR_MPR,
        new_uid(),
        header.study_instance_uid,
        new_uid(),
        whole_scope(images, header.series_instance_uid),
        wording.label,
        wording.description,
        wording.creator,
        datetime.now().astimezone().strftime("%Y%m%d %H%M%S"),
        vois=(_voi(rendered.voi),),
        is_inverse=rendered.state.presentation.is_inverse != rendered.request.view.inverted,
        layers=tuple(replace(layer, graphics=(), texts=()) for layer in layers),
        annotations=tuple(StateAnnotation(layer.name, layer.graphics, layer.texts) for layer in layers),
    )
    return MakePlaneState(state, state_plane(displayed), images)


def state_plane(displayed: DisplayedImage) -> "StatePlane":
    """Return the rectangle of the patient that a viewport shows, turned and flipped as it is seen."""
    from viewer.dicom.presentation_state.writing_planes import StatePlane

    look, placement = displayed.look, displayed.rendered.placement
    assert look is not None  # noqa: S101 - asked before
    assert look.plane is not None  # noqa: S101 - asked before
    width, height = placement.size
    plane = displayed.rendered.state.plane or look.plane.plane

    def place(x: float, y: float) -> Vector:
        column, row = placement.to_image((x, y))
        return plane.point_patient(column - 0.5, row - 0.5)

    corner = place(0.0, 0.0)
    across, width_mm = _way(corner, place(float(width), 0.0))
    down, height_mm = _way(corner, place(0.0, float(height)))
    thickness = look.plane.thickness_mm
    rendering = _RENDERINGS.get(look.plane.projection, "") if thickness > 0 else ""
    return StatePlane(corner, across, down, width_mm, height_mm, thickness, rendering)


def _way(first: Vector, second: Vector) -> tuple[Vector, float]:
    length = math.dist(first, second)
    x, y, z = ((end - start) / length for start, end in zip(first, second, strict=True))
    return (x, y, z), length


def _voi(voi: object) -> StateVoi:
    if isinstance(voi, VoiLut):
        return StateVoi(explanation=voi.table.explanation, table=lut_data(voi.table))
    assert isinstance(voi, Window)  # noqa: S101 - asked before
    window = linear(voi)
    return StateVoi((), (window.center, window.width), window.function.value)


def _layers(
    workspace: Workspace, cell: int, choice: "StateChoice", screen: "OnScreen", placement: ImagePlacement
) -> tuple[GraphicLayer, ...]:
    """Return the marks on a plane, in fractions of what is seen: a state of a plane knows no pixels."""
    if not choice.has_marks or not workspace.options.shows_marks:
        return ()
    marks = [mark.annotation for mark in marks_on(workspace, cell)]
    pen = Pen(placement.columns, placement.rows, placement, screen.colour, screen.boxes, choice.has_texts)
    width, height = placement.size

    def seen(point: Point) -> Point:
        x, y = placement.to_viewport(point)
        return x / width, y / height

    def graphic(each: GraphicObject) -> GraphicObject:
        is_round = each.type in {GraphicType.CIRCLE, GraphicType.ELLIPSE}
        points = tuple(map(seen, outline(each) if is_round else each.points))
        kind = GraphicType.POLYLINE if is_round else each.type
        return replace(each, type=kind, points=points, units=GraphicUnits.DISPLAY)

    def text(each: TextObject) -> TextObject:
        box = (seen(each.box[0]), seen(each.box[1])) if each.box is not None else None
        anchor = seen(each.anchor) if each.anchor is not None else None
        display = GraphicUnits.DISPLAY
        return replace(each, box=box, anchor=anchor, units=display, anchor_units=display)

    return tuple(
        replace(layer, graphics=tuple(map(graphic, layer.graphics)), texts=tuple(map(text, layer.texts)))
        for layer in layers_of_marks(marks, pen, LayerNames())
    )
