"""How to look at the active series as a volume, why that cannot be, and what the active viewport looks at now."""

from viewer.base.translation import _
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.workspace.commands.volume import ORIENTATION_TITLES
from viewer.workspace.multiplanar import enter, leave, show_images, show_view
from viewer.workspace.volume_view import Orientation, VolumeKind
from viewer.workspace.workspace import Workspace

IMAGES = "images"
KINDS = (VolumeKind.PROJECTION, VolumeKind.RENDERING)
"""Views of the whole volume that a viewport can be given here."""


class EntrySection(VolumeSection):
    """Always there."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__("", workspace)
        self._words = self.note()
        (self._enter,) = self.buttons([(_("Multiplanar view"), self._toggle)])
        entries: list[tuple[object, str]] = [
            *((orientation, _(title)) for orientation, title in ORIENTATION_TITLES.items()),
            (VolumeKind.PROJECTION, _("Projection")),
            (VolumeKind.CURVED, _("Curved plane")),
            (VolumeKind.RENDERING, _("3D rendering")),
            (IMAGES, _("Images as acquired")),
        ]
        self._views = self.choice(entries, self._chosen)
        self._name = self.line(_("This viewport"), self._views)
        self._is_in = False

    def concerns(self, shown: ShownView) -> bool:  # noqa: ARG002 - whatever is shown
        """Return that it is always there."""
        return True

    def fill(self, shown: ShownView) -> None:
        """Say what there is to do."""
        self._is_in = shown.view is not None
        self._enter.setText(_("Leave the multiplanar view") if self._is_in else _("Multiplanar view"))
        self._enter.setEnabled(self._is_in or not shown.refusal)
        self._words.setText(_words(shown))
        self._words.setVisible(bool(self._words.text()))
        self._views.setEnabled(not shown.refusal)
        self._views.setCurrentIndex(self._views.findData(_entry(shown)))

    def _toggle(self) -> None:
        if self._is_in:
            leave(self.workspace)
        else:
            enter(self.workspace)

    def _chosen(self, value: object) -> None:
        if value == IMAGES:
            show_images(self.workspace)
        elif isinstance(value, Orientation):
            show_view(self.workspace, VolumeKind.PLANE, value)
        elif isinstance(value, VolumeKind):
            show_view(self.workspace, value)


def _words(shown: ShownView) -> str:
    if shown.view is not None:
        return ""
    if shown.display_set is None:
        return _("Choose a series at the left, then look at it here as a volume: planes in any direction, projections.")
    if shown.refusal:
        return _("This series is not looked at as a volume: {0}").format(shown.refusal)
    return _("The images of this series lie one behind the other: look at them by planes in any direction.")


def _entry(shown: ShownView) -> object:
    view = shown.view
    if view is None:
        return IMAGES
    return view.orientation if view.kind is VolumeKind.PLANE else view.kind
