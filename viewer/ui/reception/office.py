"""What the pages of the receiver ask of the program, and the draft of the settings that they work on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from viewer.base.byte_source import ByteSource
from viewer.base.errors import ViewerError
from viewer.base.jobs import Job
from viewer.reception.reachability import Trouble, troubles
from viewer.reception.receiver_process import Condition
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.workspace.library_browsing import LibraryDesk

T = TypeVar("T")


class Office(Protocol):
    """Implemented by application.reception.Reception; everything on the GUI thread.

    Attributes:
        condition_changed: Another Condition is in force.
        settings_changed: Other settings are in force.
        aside_changed: What waits for a decision may be something else.
        draft: Settings that were changed and not put into force when their page was closed; None without any.
    """

    draft: ReceiverSettings | None

    condition_changed: SignalInstance
    settings_changed: SignalInstance
    aside_changed: SignalInstance

    @property
    def settings(self) -> ReceiverSettings:
        """The settings in force."""

    @property
    def condition(self) -> Condition:
        """How it stands with the receiver."""

    @property
    def desk(self) -> LibraryDesk:
        """The library as the window has it."""

    def draw(
        self,
        source: ByteSource,
        side: int,
        beside: QWidget,
        done: Callable[[QImage], None],
        failed: Callable[[ViewerError], None],
    ) -> None:
        """Draw the first image of a file small, in the greys of the monitor that a widget is on.

        Args:
            source: The file.
            side: Of the picture, in device-independent pixels.
            beside: The widget.
            done: Gets the picture.
            failed: Gets why there is none.
        """

    @property
    def config_folder(self) -> Path:
        """The folder of the settings, for certificates that are made."""

    def renewed(self, study_instance_uids: Sequence[str]) -> None:
        """Studies have other files in force now: where they are open, what is on the screen is as it was before."""

    def put_into_force(self, settings: ReceiverSettings, told: Callable[[Trouble | None], None]) -> None:
        """Try, keep and follow other settings; told is called with what is in the way, or None when it is done."""

    def start(self) -> None:
        """Start the receiver."""

    def stop(self) -> None:
        """Stop the receiver."""

    def restart(self) -> None:
        """Stop the receiver and start it again."""

    def run(
        self, job: Job[T], done: Callable[[T], None], failed: Callable[[ViewerError], None], *, key: object = None
    ) -> None:
        """Run a job that waits for the network or the disk; done and failed are called on the GUI thread."""


class ReceiverDesk(QObject):
    """The settings as they are being changed: in force only when they are put into force.

    Signals:
        changed: The draft is another one.
    """

    changed = Signal()

    def __init__(self, office: Office, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.office = office
        self.draft = office.draft or office.settings

    @property
    def is_changed(self) -> bool:
        """Whether the draft is not what is in force."""
        return self.draft != self.office.settings

    def change(self, **fields: Any) -> None:  # noqa: ANN401 - values of the settings' fields
        """Change fields of the draft."""
        changed = replace(self.draft, **fields)
        if changed != self.draft:
            self.draft = changed
            self.office.draft = changed if self.is_changed else None
            self.changed.emit()

    def take_back(self) -> None:
        """Go back to what is in force."""
        self.draft = self.office.settings
        self.office.draft = None
        self.changed.emit()

    def troubles(self) -> tuple[Trouble, ...]:
        """Return what keeps the draft from being put into force."""
        return troubles(self.draft)
