"""A field for a coded word: a short list that is searched by typing, or words of one's own."""

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QCompleter

from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.workspace.measuring.finding_codes import code_of, is_own, words_of

_SHOWN = 14


class WordField(QComboBox):
    """A word out of a list, or another one; it is handed on on Return, on leaving, or when one is chosen.

    Args:
        words: To choose from.
        changed: Called with the words.
    """

    def __init__(self, changed: Callable[[str], object]) -> None:
        super().__init__()
        self._changed, self._now = changed, ""
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(_SHOWN)
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        completer.activated.connect(lambda text: self._hand_on(str(text)))
        self.activated.connect(lambda row: self._hand_on(self.itemText(row)))
        field = self.lineEdit()
        if field is not None:
            field.setMaxLength(64)
            field.editingFinished.connect(lambda: self._hand_on(self.currentText()))

    def show_words(self, words: str, choices: tuple[str, ...] | None = None, *, is_mixed: bool = False) -> None:
        """Show what is said now, unless something else is being written.

        Args:
            words: Of all that is chosen.
            choices: To choose from; None leaves them.
            is_mixed: Whether the marks differ.
        """
        field = self.lineEdit()
        if field is None or (field.hasFocus() and field.isModified()):
            return
        with QSignalBlocker(self):
            if choices is not None and choices != tuple(self.itemText(row) for row in range(self.count())):
                self.clear()
                self.addItems(list(choices))
            self._now = words
            self.setEditText(words)
        field.setCursorPosition(0)
        field.setPlaceholderText(_("several") if is_mixed else _("none"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take back what was not handed on yet, on Esc."""
        if event.key() == Qt.Key.Key_Escape and self.currentText() != self._now:
            self.setEditText(self._now)
            return
        super().keyPressEvent(event)

    def _hand_on(self, words: str) -> None:
        words = " ".join(words.split())
        if words != self._now:
            self._now = words
            self._changed(words)


class CodeField(WordField):
    """A code out of a short list, or words of one's own.

    Args:
        codes: The list.
        changed: Called with the code; None for none.
    """

    def __init__(self, codes: tuple[Code, ...], changed: Callable[[Code | None], object]) -> None:
        super().__init__(lambda words: changed(code_of(words, codes)))
        self._codes = codes
        self.show_words("", tuple(words_of(code) for code in codes))

    def show_code(self, code: Code | None, *, is_mixed: bool = False) -> None:
        """Show a code."""
        self.show_words("" if is_mixed else words_of(code), is_mixed=is_mixed)
        own = code is not None and is_own(code)
        told = "" if code is None or is_mixed else _("own words") if own else f"{code.value} {code.scheme}"
        self.setToolTip(told)
