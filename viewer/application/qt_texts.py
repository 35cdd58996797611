"""The words Qt brings along (buttons of dialogs, menus of text fields) in the language of the program."""

from PySide6.QtCore import QLibraryInfo, QTranslator
from PySide6.QtWidgets import QApplication

_NAME = "words of Qt"


def set_qt_language(application: QApplication, language: str) -> None:
    """Give Qt the words of a language; without a catalogue for it, Qt speaks English."""
    for old in application.findChildren(QTranslator, _NAME):
        application.removeTranslator(old)
        old.deleteLater()
    translator = QTranslator(application)
    translator.setObjectName(_NAME)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if language != "en" and translator.load(f"qtbase_{language}", folder):
        application.installTranslator(translator)
