"""What must be said of a viewport: the notes of its image, and of whose images stand beside each other."""

from viewer.base.translation import _
from viewer.workspace.image_notes import ImageNote, NotedImage, notes_of
from viewer.workspace.study_nodes import Patient
from viewer.workspace.volume_record import SETTLED
from viewer.workspace.workspace import Workspace


def patients_shown(workspace: Workspace) -> tuple[Patient, ...]:
    """Return the patients whose objects stand in the visible viewports, each once."""
    found: dict[str, Patient] = {}
    for cell in workspace.layout.visible_cells:
        series = workspace.series_at(cell)
        if series is not None:
            found.setdefault(series.study.patient.key, series.study.patient)
    return tuple(found.values())


def identity_warnings(workspace: Workspace, cell: int) -> tuple[str, ...]:
    """Return what is doubtful about whose image a cell shows, translated."""
    series = workspace.series_at(cell)
    return tuple(map(str, series.study.patient.warnings)) if series is not None else ()


def notes_at(workspace: Workspace, cell: int) -> tuple[ImageNote, ...]:
    """Return the notes of what a cell has on screen, cautions first; none while it has no pixels."""
    displayed, display_set = workspace.displayed(cell), workspace.display_set_at(cell)
    if displayed is None or display_set is None or displayed.stored is None:
        return ()
    identity = identity_warnings(workspace, cell)
    patients, volumes = patients_shown(workspace), workspace.shared.volumes
    if len(patients) > 1:
        names = ", ".join(f"{patient.display_name} ({patient.patient_id or _('no ID')})" for patient in patients)
        identity = (_("Images of {0} patients are on screen: {1}").format(len(patients), names), *identity)
    noted = NotedImage(
        displayed.image,
        display_set,
        displayed.rendered,
        displayed.stored,
        identity,
        displayed.place,
        displayed.look,
        SETTLED if volumes is None else volumes.standing(display_set.key),
    )
    return notes_of(noted)
