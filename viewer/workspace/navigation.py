"""Going from series to series, study to study and viewport to viewport."""

from viewer.workspace.display_set import DisplaySet
from viewer.workspace.workspace import Workspace


def image_sets_of_study(workspace: Workspace, study_key: str) -> tuple[DisplaySet, ...]:
    """Return the display sets of a study that have images, in the order of the browser."""
    study = workspace.tree.study(study_key)
    if study is None:
        return ()
    sets = (each for series in study.sorted_series for each in workspace.catalogue.of_series(series.key))
    return tuple(each for each in sets if each.is_image)


def step_series(workspace: Workspace, steps: int) -> None:
    """Show the next (or, with -1, the previous) display set of the study in the active viewport; stop at the ends."""
    series = workspace.series_at(workspace.active)
    if series is None:
        return
    keys = [each.key for each in image_sets_of_study(workspace, series.study.key)]
    shown = workspace.viewport(workspace.active).display_set_key
    place = keys.index(shown) + steps if shown in keys else 0
    if 0 <= place < len(keys):
        workspace.show(keys[place])


def step_study(workspace: Workspace, steps: int) -> None:
    """Show the first images of the next study of the browser in the active viewport; stop at the ends."""
    studies = list(workspace.tree.studies())
    series = workspace.series_at(workspace.active)
    place = studies.index(series.study) + steps if series is not None else 0
    while 0 <= place < len(studies):
        if sets := image_sets_of_study(workspace, studies[place].key):
            workspace.show(sets[0].key)
            return
        place += steps or 1


def step_viewport(workspace: Workspace, steps: int) -> None:
    """Make the next viewport the active one, round and round."""
    workspace.activate((workspace.active + steps) % workspace.layout.cell_count)
