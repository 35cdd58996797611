"""One window's side of the commands for key images (workspace.presenting.key_actions)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from viewer.base.translation import _
from viewer.dicom.key_object.titles import REJECTIONS, TITLES, words_of
from viewer.ui.dialogs.choice_popup import Choice, ChoicePopup
from viewer.workspace.object_saving import Destination, Saved
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.ui.dialogs.destination_choice import DestinationHost
    from viewer.workspace.presenting.key_saving import Offer, Wording


class WindowKeys:
    """Opens the dialogs, and has saved what they were answered.

    Args:
        window: Parent of dialogs.
        host: The program's side of destinations.
        say: Says a sentence at the foot of the window.
    """

    def __init__(
        self, window: QWidget, workspace: Workspace, host: "DestinationHost", say: Callable[[str], None]
    ) -> None:
        self._window, self._workspace, self._host, self._say = window, workspace, host, say
        self._popup = ChoicePopup(window)

    def choose_title(self) -> None:
        """Ask what the key K selects images for."""
        keys = self._workspace.shared.keys
        choices = [Choice(title.value, words_of(title)) for title in TITLES]

        def choose(value: str) -> None:
            keys.set_title(next(title for title in TITLES if title.value == value))
            self._say(_("K marks images: {0}").format(words_of(keys.title)))

        self._popup.offer(_("Mark images for…"), choices, choose, current=keys.title.value)

    def save(self) -> None:
        """Ask how the marked images are to be saved, and save them."""
        from viewer.workspace.presenting.key_saving import offers_to_save

        offers = offers_to_save(self._workspace)
        if not offers:
            self._say(_("No image is marked as key: K marks the one in the active viewport"))
            return
        self._ask(offers, is_rejecting=False)

    def reject(self) -> None:
        """Ask why images are to be taken out of use, and save a note that says so."""
        from viewer.workspace.presenting.key_saving import offers_to_reject

        if offers := offers_to_reject(self._workspace):
            self._ask(offers, is_rejecting=True)

    def show_list(self) -> None:
        """Show what is selected in the active study."""
        from viewer.ui.presenting.key_list_dialog import KeyListDialog

        KeyListDialog(self._window, self._workspace).show()

    def _ask(self, offers: "tuple[Offer, ...]", *, is_rejecting: bool) -> None:
        from viewer.ui.presenting.key_save_dialog import KeySaveDialog

        told = _("Every system that reads the note hides these images. Their files stay as they are.")
        words = (_("Reject images"), told) if is_rejecting else (_("Save key images"), "")
        titles = REJECTIONS if is_rejecting else TITLES
        reader = self._workspace.shared.keys.reader()
        KeySaveDialog(self._window, self._host, offers, titles, reader, self._save, words).open()

    def _save(self, offer: "Offer", wording: "Wording", destinations: tuple[Destination, ...]) -> None:
        from viewer.workspace.presenting.key_saving import SaveKeyObjects, filed, headers_of

        objects = self._workspace.window.objects if self._workspace.window is not None else None
        if objects is None:
            return
        keys = self._workspace.shared.keys
        make = SaveKeyObjects(offer.marks, headers_of(self._workspace.tree, offer.marks), wording)

        def done(_saved: Saved) -> None:
            if offer.are_marks:  # what they said is in the document now
                for study in dict.fromkeys(mark.study_instance_uid for mark in offer.marks):
                    marks = [mark for mark in offer.marks if mark.study_instance_uid == study]
                    keys.apply(study, {mark.uid: None for mark in marks if keys.mark(mark.uid) == mark})
            keys.file(filed(self._workspace, make.made))

        objects.save(make, destinations, offer.marks[0].study_instance_uid, words_of(wording.title), done)
