"""What a report takes from the study: the marks that can be put in, and the key images that are in it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.base.translation import _
from viewer.measurement.annotation import Annotation
from viewer.ui.buttons import push_button
from viewer.ui.pieces import heading, paragraph, plain_tooltip
from viewer.workspace.reporting.report_draft import DraftImage
from viewer.workspace.reporting.report_draft_marks import mark_title, mark_values

_UID = Qt.ItemDataRole.UserRole


class MaterialPanel(QWidget):
    """At the right of the words.

    Signals:
        marks_wanted: UIDs of marks to be put in.
        image_wanted: The image on screen.
        keys_wanted: The images that are marked as key.
        image_unwanted: The place of a key image.
        image_shown: The place of a key image that is to be shown.
        captioned: The place of a key image, and its words.
    """

    marks_wanted = Signal(list)
    image_wanted = Signal()
    keys_wanted = Signal()
    image_unwanted = Signal(int)
    image_shown = Signal(int)
    captioned = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.marks = _list(_("Marks of the study"))
        self.marks.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.images = _list(_("Key images of the report"))
        self.caption = QLineEdit()
        self.caption.setPlaceholderText(_("Words under the image"))
        self.caption.setAccessibleName(_("Words under the image"))
        self.nothing = paragraph(_("Nothing was marked in this study"), is_quiet=True)
        self.put_in = push_button(_("Put in (Ctrl+M)"), self.put_in_chosen)
        self.put_in.setToolTip(_("Words at the cursor, and coded numbers with their regions"))
        self.add_image = push_button(_("Add image on screen (Ctrl+I)"), self.image_wanted.emit)
        self.add_keys = push_button(_("Add key images"), self.keys_wanted.emit)
        self.add_keys.setToolTip(_("The images of this study that you marked with K"))
        self.remove = push_button(_("Take out"), self._remove)
        self._lay_out()
        self.marks.itemActivated.connect(lambda _item: self.put_in_chosen())
        self.marks.itemSelectionChanged.connect(self._follow)
        self.images.currentRowChanged.connect(lambda _row: self._image_chosen())
        self.images.itemActivated.connect(lambda _item: self.image_shown.emit(self.images.currentRow()))
        self.caption.textEdited.connect(lambda text: self.captioned.emit(self.images.currentRow(), text))
        self._captions: tuple[str, ...] = ()
        self._follow()

    def show_marks(self, annotations: Sequence[Annotation]) -> None:
        """List the marks of the study; those that are chosen stay chosen."""
        chosen = {item.data(_UID) for item in self.marks.selectedItems()}
        self.marks.clear()
        for each in annotations:
            values = mark_values(each)
            item = QListWidgetItem("\n".join(part for part in (mark_title(each), values) if part))
            item.setToolTip(plain_tooltip(item.text()))
            item.setData(_UID, each.uid)
            self.marks.addItem(item)
            item.setSelected(each.uid in chosen)
        if self.marks.count() == 1:
            self.marks.setCurrentRow(0)
        self.nothing.setVisible(not annotations)
        self.marks.setVisible(bool(annotations))
        self._follow()

    def show_images(self, images: Sequence[tuple[DraftImage, str]]) -> None:
        """List the key images, each with where it is found."""
        row = self.images.currentRow()
        is_more = len(images) > self.images.count()
        self.images.blockSignals(True)
        self.images.clear()
        for image, place in images:
            item = QListWidgetItem("\n".join(part for part in (place, image.caption) if part))
            item.setToolTip(plain_tooltip(item.text()))
            self.images.addItem(item)
        self.images.setCurrentRow(len(images) - 1 if is_more else min(max(row, 0), len(images) - 1))
        self.images.blockSignals(False)
        self._captions = tuple(image.caption for image, _place in images)
        self._image_chosen()

    def put_in_chosen(self) -> None:
        """Have the chosen marks put in; the only one where there is one."""
        if uids := [str(item.data(_UID)) for item in self.marks.selectedItems()]:
            self.marks_wanted.emit(uids)

    def _image_chosen(self) -> None:
        row = self.images.currentRow()
        caption = self._captions[row] if 0 <= row < len(self._captions) else ""
        if self.caption.text() != caption:
            self.caption.setText(caption)
        self._follow()

    def _remove(self) -> None:
        if self.images.currentRow() >= 0:
            self.image_unwanted.emit(self.images.currentRow())

    def _follow(self) -> None:
        has_image = self.images.currentRow() >= 0
        self.put_in.setEnabled(bool(self.marks.selectedItems()))
        self.remove.setEnabled(has_image)
        self.caption.setEnabled(has_image)
        self.images.setVisible(self.images.count() > 0)
        self.caption.setVisible(self.images.count() > 0)
        self.remove.setVisible(self.images.count() > 0)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading(_("Marks")))
        column.addWidget(self.nothing)
        column.addWidget(self.marks, 1)
        column.addWidget(self.put_in)
        column.addSpacing(8)
        column.addWidget(heading(_("Key images")))
        column.addWidget(self.images, 1)
        column.addWidget(self.caption)
        column.addWidget(self.add_image)
        row = QHBoxLayout()
        row.addWidget(self.add_keys, 1)
        row.addWidget(self.remove)
        column.addLayout(row)
        column.addStretch(0)


def _list(name: str) -> QListWidget:
    made = QListWidget()
    made.setAccessibleName(name)
    made.setTextElideMode(Qt.TextElideMode.ElideRight)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setMinimumHeight(72)
    return made
