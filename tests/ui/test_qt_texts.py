"""Buttons of dialogs speak the program's language too."""

from PySide6.QtWidgets import QApplication, QDialogButtonBox, QPushButton

from viewer.application.qt_texts import set_qt_language


def cancel_text() -> str:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    return next(button.text() for button in box.buttons() if isinstance(button, QPushButton))


def test_buttons_speak_korean_and_english_again(qapp: QApplication) -> None:
    set_qt_language(qapp, "en")
    english = cancel_text()
    set_qt_language(qapp, "ko")
    korean = cancel_text()
    set_qt_language(qapp, "en")
    assert (korean, cancel_text()) == ("취소", english)
