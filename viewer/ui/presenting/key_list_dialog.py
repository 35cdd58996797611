"""What is selected in a study: the reader's own marks, and documents with who made them; each leads to its images."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from viewer.base.translation import _, current_language, ngettext
from viewer.dicom.key_object.titles import words_of
from viewer.dicom.key_object.values import KeyObjects
from viewer.ui.pieces import paragraph
from viewer.ui.theme import colours
from viewer.workspace.presenting.key_deeds import go_to
from viewer.workspace.presenting.key_list import ListedKeys, ListedObject, listed
from viewer.workspace.presenting.key_words import STAR, creator_words, title_words
from viewer.workspace.workspace import Workspace

SIZE = (760, 420)
_PLACE = Qt.ItemDataRole.UserRole


class KeyListDialog(QDialog):
    """Follows what is marked and read while it is open."""

    def __init__(self, parent: QWidget, workspace: Workspace) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Key objects of the study"))
        self.resize(*SIZE)
        self._workspace = workspace
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(_("Key objects"))
        self.tree.setHeaderLabels([_("Purpose"), _("Objects"), _("Author"), _("Comment")])
        self.tree.setUniformRowHeights(True)
        self.tree.setColumnWidth(0, 260)
        self.tree.setColumnWidth(1, 80)
        self.tree.setColumnWidth(2, 200)
        self.tree.itemActivated.connect(lambda item, _column: self._go(item))
        self.tree.currentItemChanged.connect(lambda _item, _before: self._follow())
        self._nothing = paragraph(_("Nothing is selected in this study. K marks the image in the active viewport."))
        self.show_image = QPushButton(_("Show"))
        self.show_image.clicked.connect(lambda: self._go(self.tree.currentItem()))
        buttons = QDialogButtonBox()
        buttons.addButton(self.show_image, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(QPushButton(_("Close")), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self._nothing)
        layout.addWidget(self.tree, 1)
        layout.addWidget(buttons)
        self._disconnect = workspace.shared.keys.changed.connect(lambda _uids: self.refresh())
        self.finished.connect(lambda _result: self._disconnect())
        self.refresh()

    def refresh(self) -> None:
        """List anew."""
        self.tree.clear()
        found = listed(self._workspace)
        for entry in found:
            self._add(entry)
        self._nothing.setVisible(not found)
        self.tree.setVisible(bool(found))
        self.tree.expandToDepth(0 if len(found) == 1 else -1)
        first = self.tree.topLevelItem(0)
        if first is not None:
            self.tree.setCurrentItem(first)
        self._follow()

    def _add(self, entry: ListedKeys) -> None:
        document = entry.document
        objects = ngettext("{0} object", "{0} objects", len(entry.objects)).format(len(entry.objects))
        if document is None:
            title = f"{STAR} {words_of(entry.title)}  ·  {_('not saved')}"
            texts = [title, objects, entry.by, ""]
        else:
            texts = [title_words(document), objects, creator_words(document, current_language()), _one_line(document)]
        item = QTreeWidgetItem(texts)
        for column, text in enumerate(texts):
            item.setToolTip(column, text)
        if document is not None and document.is_rejection:
            item.setForeground(0, _caution())
        for each in entry.objects:
            child = QTreeWidgetItem([each.name, "", "", each.remark])
            child.setData(0, _PLACE, each)
            child.setDisabled(not each.is_open)
            item.addChild(child)
        self.tree.addTopLevelItem(item)

    def _go(self, item: QTreeWidgetItem | None) -> None:
        place = self._place(item)
        if place is not None:
            go_to(self._workspace, place.sop_instance_uid, place.frame_number)

    def _place(self, item: QTreeWidgetItem | None) -> ListedObject | None:
        """Return where an item leads: an object, or the first of a selection that is open."""
        if item is None:
            return None
        items = [item] if item.parent() is not None else [item.child(row) for row in range(item.childCount())]
        places = (each.data(0, _PLACE) for each in items if each is not None)
        return next((place for place in places if isinstance(place, ListedObject) and place.is_open), None)

    def _follow(self) -> None:
        self.show_image.setEnabled(self._place(self.tree.currentItem()) is not None)


def _caution() -> QBrush:
    return QBrush(QColor(colours().caution))


def _one_line(document: KeyObjects) -> str:
    return " ".join(document.comment.split())
