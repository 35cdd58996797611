"""What the tag browser can compare the active image with."""

from dataclasses import dataclass

from viewer.base.translation import _
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ComparisonChoice:
    """Another image, and what the reader calls it."""

    title: str
    image: ImageRef


def comparison_choices(workspace: Workspace) -> tuple[ComparisonChoice, ...]:
    """Return the images of the other viewports, then the neighbours in the series; only of other files."""
    active = workspace.active
    image, display_set = workspace.image_at(active), workspace.display_set_at(active)
    if image is None or display_set is None:
        return ()
    choices = []
    for cell in workspace.layout.visible_cells:
        other, series = workspace.image_at(cell), workspace.series_at(cell)
        if cell != active and other is not None and series is not None:
            title = _("Viewport {0}: {1}").format(cell + 1, series.description or series.modality)
            choices.append(ComparisonChoice(title, other))
    files = [each for each in display_set.images if each.frame_index == 0 or each is image]
    place = next((number for number, each in enumerate(files) if each.header is image.header), None)
    if place is not None:
        neighbours = ((place - 1, _("Previous image")), (place + 1, _("Next image")), (0, _("First image")))
        choices += [ComparisonChoice(title, files[at]) for at, title in neighbours if 0 <= at < len(files)]
    return tuple(choice for choice in choices if choice.image.header is not image.header)
