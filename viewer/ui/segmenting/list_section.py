"""The list of segmentations and their segments: what is seen, in which colour, how large it is, and the way to it."""

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QColorDialog, QHeaderView, QSizePolicy, QTreeWidget, QTreeWidgetItem

from viewer.base.translation import _
from viewer.dicom.graphic_objects import Rgb
from viewer.ui.panels.panel_lines import PanelLines
from viewer.ui.panels.wrapped_lines import breakable
from viewer.ui.pieces import plain_tooltip, show_marks
from viewer.workspace.segmenting.cell_words import relation
from viewer.workspace.segmenting.held_segmentation import HeldSegmentation, SegmentLook
from viewer.workspace.segmenting.segmentation_book import own_of
from viewer.workspace.segmenting.showing import go_to, held_at
from viewer.workspace.workspace import Workspace

_UID, _NUMBER = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_DELETE = frozenset({Qt.Key.Key_Delete, Qt.Key.Key_Backspace})
_SWATCH_PX = 12
_HIGHEST_PX, _ROW_PX, _LEAST_ROWS = 420, 24, 4


def swatch(rgb: Rgb) -> QIcon:
    """Return a square of a colour."""
    pixmap = QPixmap(_SWATCH_PX, _SWATCH_PX)
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    painter.setPen(QColor(0, 0, 0, 160))
    painter.setBrush(QColor(*rgb))
    painter.drawRect(0, 0, _SWATCH_PX - 1, _SWATCH_PX - 1)
    painter.end()
    return QIcon(pixmap)


class _Rows(QTreeWidget):
    """Rows that tell when one of them is to go."""

    delete_pressed = Signal()

    def event(self, event: QEvent) -> bool:
        """Keep Delete from the window, where it empties a viewport."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and event.key() in _DELETE:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take a segment out with Delete."""
        if event.key() in _DELETE:
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)


class ListSection(PanelLines):
    """Belongs to the page."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__("")
        self._workspace = workspace
        self._none = self.note()
        self._tree = _Rows()
        self._tree.setColumnCount(2)
        self._tree.setHeaderHidden(True)
        self._tree.setIndentation(12)
        self._tree.setIconSize(QSize(_SWATCH_PX, _SWATCH_PX))
        self._tree.setAccessibleName(_("Segments"))
        self._tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tree.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._tree.header().setStretchLastSection(False)
        self._tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        show_marks(self._tree)
        self._tree.itemChanged.connect(self._ticked)
        self._tree.itemActivated.connect(lambda _item, _column: self.go())
        self._tree.itemExpanded.connect(lambda _item: self._fit())
        self._tree.itemCollapsed.connect(lambda _item: self._fit())
        self._tree.currentItemChanged.connect(lambda _now, _before: self._choose())
        self._tree.delete_pressed.connect(self._remove)
        self.add(self._tree)
        self._words = self.note()
        self._go, self._color, self._all, self._hide = self.buttons(
            [
                (_("Go to"), self.go),
                (_("Colour…"), self.choose_color),
                (_("Show all"), lambda: self._show_all(is_visible=True)),
                (_("Hide all"), lambda: self._show_all(is_visible=False)),
            ]
        )
        self._go.setToolTip(_("The largest slice of the segment (Return)"))
        self._shown: tuple[object, ...] = ()

    @property
    def tree(self) -> QTreeWidget:
        """The rows."""
        return self._tree

    def chosen(self) -> tuple[HeldSegmentation, int | None] | None:
        """Return the object of the current row, and the segment if it is one's."""
        item, book = self._tree.currentItem(), self._workspace.shared.segmentations
        if item is None or book is None:
            return None
        held = book.get(str(item.data(0, _UID)))
        return (held, item.data(0, _NUMBER)) if held is not None else None

    def refresh(self) -> None:
        """Show what there is; rows stay where they are while only their state changed."""
        held = held_at(self._workspace)
        with QSignalBlocker(self._tree):
            rows = tuple((each.uid, each.shapes and [shape.number for shape in each.shapes.shapes]) for each in held)
            if rows != self._shown:
                self._shown = rows
                self._build(held)
            for row, each in enumerate(held):
                self._fill(self._tree.topLevelItem(row), each)
        self._none.setText("" if held else _("There is no segmentation or structure set of this patient."))
        self._none.setVisible(not held)
        self._tree.setVisible(bool(held))
        self._fit()
        self._chosen()

    def go(self) -> None:
        """Go to the chosen segment, or to the first of the chosen object."""
        chosen = self.chosen()
        if chosen is None or chosen[0].shapes is None or not chosen[0].shapes.shapes:
            return
        number = chosen[1] if chosen[1] is not None else chosen[0].shapes.shapes[0].number
        refusal = go_to(self._workspace, chosen[0], number)
        if refusal and self._workspace.window is not None:
            self._workspace.window.show_message(refusal)

    def choose_color(self) -> None:
        """Ask for another colour of the chosen segment."""
        chosen, book = self.chosen(), self._workspace.shared.segmentations
        shape = chosen[0].shapes.shape(chosen[1]) if chosen and chosen[0].shapes and chosen[1] is not None else None
        if chosen is None or shape is None or book is None:
            return
        held = chosen[0]
        asked = QColorDialog.getColor(QColor(*held.color(shape)), self, _("Colour of the segment"))
        if asked.isValid():
            rgb = (asked.red(), asked.green(), asked.blue())
            book.set_look(held.uid, shape.number, SegmentLook(held.look(shape.number).is_visible, rgb))

    def _remove(self) -> None:
        """Take the chosen segment out of what is made here; what was only opened stays."""
        chosen = self.chosen()
        if chosen is not None and chosen[1] is not None and own_of(chosen[0]) is not None:
            from viewer.workspace.segmenting.own_segmentation import remove_segment

            remove_segment(self._workspace, chosen[0].uid, chosen[1])

    def _show_all(self, *, is_visible: bool) -> None:
        chosen, book = self.chosen(), self._workspace.shared.segmentations
        if chosen is not None and book is not None:
            book.set_all_visible(chosen[0].uid, is_visible=is_visible)

    def _build(self, held: tuple[HeldSegmentation, ...]) -> None:
        book = self._workspace.shared.segmentations
        current, target = self.chosen(), book.target if book is not None else None
        self._tree.clear()
        for each in held:
            top = QTreeWidgetItem(self._tree, [each.title, ""])
            top.setData(0, _UID, each.uid)
            for shape in each.shapes.shapes if each.shapes is not None else ():
                row = QTreeWidgetItem(top, [shape.label, ""])
                row.setData(0, _UID, each.uid)
                row.setData(0, _NUMBER, shape.number)
                if target == (each.uid, shape.number):
                    self._tree.setCurrentItem(row)
            top.setExpanded(True)
            if current is not None and current[0].uid == each.uid and self._tree.currentItem() is None:
                self._tree.setCurrentItem(top)
        first = self._tree.topLevelItem(0)
        if self._tree.currentItem() is None and first is not None:
            self._tree.setCurrentItem(first)

    def _fill(self, top: QTreeWidgetItem | None, held: HeldSegmentation) -> None:
        if top is None:
            return
        top.setText(0, held.title)
        top.setCheckState(0, Qt.CheckState.Checked if held.is_shown else Qt.CheckState.Unchecked)
        top.setText(1, _("loading") if held.is_loading else "⚠" if held.failure else "")
        top.setToolTip(0, plain_tooltip(held.title, held.failure))
        for row, shape in enumerate(held.shapes.shapes if held.shapes is not None else ()):
            item = top.child(row)
            if item is None:
                continue
            item.setText(0, shape.label)
            item.setIcon(0, swatch(held.color(shape)))
            is_visible = held.look(shape.number).is_visible
            item.setCheckState(0, Qt.CheckState.Checked if is_visible else Qt.CheckState.Unchecked)
            item.setText(1, "" if shape.measured_ml is None else _("{0} ml").format(f"{shape.measured_ml:.4g}"))
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(0, plain_tooltip(shape.label, shape.problem))

    def _ticked(self, item: QTreeWidgetItem, _column: int) -> None:
        book = self._workspace.shared.segmentations
        held = book.get(str(item.data(0, _UID))) if book is not None else None
        if book is None or held is None:
            return
        is_on, number = item.checkState(0) == Qt.CheckState.Checked, item.data(0, _NUMBER)
        if number is None:
            if is_on != held.is_shown:
                book.show(held.uid, is_shown=is_on)
        elif is_on != held.look(number).is_visible:
            book.set_look(held.uid, number, SegmentLook(is_on, held.look(number).rgb))

    def _choose(self) -> None:
        """Let brushes draw the chosen segment where it can be drawn."""
        chosen, book = self.chosen(), self._workspace.shared.segmentations
        if chosen is not None and book is not None and chosen[1] is not None:
            book.chosen = (chosen[0].uid, chosen[1])
            if own_of(chosen[0]) is not None:
                book.set_target(*book.chosen)
        self._chosen()

    def _chosen(self) -> None:
        chosen = self.chosen()
        has_shapes = chosen is not None and chosen[0].shapes is not None
        self._go.setEnabled(has_shapes)
        self._color.setEnabled(has_shapes and chosen is not None and chosen[1] is not None)
        self._all.setEnabled(has_shapes)
        self._hide.setEnabled(has_shapes)
        self._words.setText("" if chosen is None else breakable("\n".join(self._told(chosen[0], chosen[1]))))
        self._words.setVisible(bool(self._words.text()))

    def _told(self, held: HeldSegmentation, number: int | None) -> list[str]:
        told = [f"⚠ {held.failure}"] if held.failure else []
        if held.shapes is None:
            return told
        displayed = self._workspace.displayed(self._workspace.active)
        if held.is_shown and (refusal := relation(held, displayed)):
            told.append(_("Not seen on this image: {0}").format(refusal))
        told += [f"⚠ {problem}" for problem in held.shapes.problems[:3]]
        if held.shapes.is_fractional:
            told.append(_("Fractions are drawn from one half on."))
        shape = held.shapes.shape(number) if number is not None else None
        if shape is not None and shape.problem:
            told.append(f"⚠ {shape.problem}")
        return told

    def _fit(self) -> None:
        """Be as high as the rows, up to a limit: the page scrolls, not the list within it, while there are few."""
        rows = sum(
            1 + (item.childCount() if item.isExpanded() else 0)
            for item in map(self._tree.topLevelItem, range(self._tree.topLevelItemCount()))
            if item is not None
        )
        self._tree.setFixedHeight(min(max(rows, _LEAST_ROWS) * _ROW_PX + 6, _HIGHEST_PX))
