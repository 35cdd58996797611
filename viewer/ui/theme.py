"""Colours and type of the window: a dark reading room, or its light mirror.

Fusion style with our own palette: styleHints().setColorScheme() does nothing without a platform theme.
"""

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

BASE_POINT_PIXELS = 13
RADIUS_PX = 2


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one theme, as #rrggbb; overlay_… are over pixels, which are dark in both themes."""

    viewport: str
    window: str
    panel: str
    raised: str
    hairline: str
    text: str
    secondary: str
    disabled: str
    accent: str
    measurement: str
    selected: str
    caution: str
    danger: str
    good: str
    overlay_text: str
    overlay_secondary: str
    overlay_caution: str
    overlay_outline: str


DARK = Colours(
    viewport="#000000",
    window="#16181b",
    panel="#1d2024",
    raised="#262a2f",
    hairline="#33383f",
    text="#d6d9dd",
    secondary="#9aa1aa",
    disabled="#5f6771",
    accent="#4fa3c7",
    measurement="#ffd34e",
    selected="#ffffff",
    caution="#e0a03c",
    danger="#e0614f",
    good="#6fb38a",
    overlay_text="#d6d9dd",
    overlay_secondary="#9aa1aa",
    overlay_caution="#e0a03c",
    overlay_outline="#000000",
)
LIGHT = Colours(
    viewport="#000000",  # the pixels' surround stays dark: a light one would lift the perceived blacks
    window="#e6e8eb",
    panel="#f1f2f4",
    raised="#fafafb",
    hairline="#c4c9cf",
    text="#1d2024",
    secondary="#545b64",
    disabled="#8f969e",
    accent="#1f6f94",
    measurement="#ffd34e",
    selected="#ffffff",
    caution="#8a5a00",
    danger="#b3321f",
    good="#2b7048",
    overlay_text="#d6d9dd",
    overlay_secondary="#9aa1aa",
    overlay_caution="#e0a03c",
    overlay_outline="#000000",
)
THEMES: dict[str, Colours] = {"dark": DARK, "light": LIGHT}

_current = DARK


def colours() -> Colours:
    """Return the colours in force."""
    return _current


def apply_theme(application: QApplication, name: str) -> None:
    """Give the whole application the named theme; an unknown name gives the dark one."""
    global _current  # noqa: PLW0603 - one theme a process, like the style it sets
    _current = THEMES.get(name, DARK)
    application.setStyle("Fusion")
    application.setPalette(_palette(_current))
    application.setStyleSheet(_style_sheet(_current))
    application.setFont(_font())


def _font() -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(BASE_POINT_PIXELS)
    font.setFamilies([font.family(), "Noto Sans", "DejaVu Sans", "Noto Sans CJK KR", "NanumGothic"])
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def _palette(colour: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for where, value in (
        (role.Window, colour.window),
        (role.Base, colour.panel),
        (role.AlternateBase, colour.panel),
        (role.Button, colour.raised),
        (role.ToolTipBase, colour.raised),
        (role.Mid, colour.hairline),
        (role.Dark, colour.hairline),
        (role.Shadow, colour.window),
        (role.Light, colour.raised),
        (role.Midlight, colour.raised),
        (role.WindowText, colour.text),
        (role.Text, colour.text),
        (role.ButtonText, colour.text),
        (role.ToolTipText, colour.text),
        (role.BrightText, colour.danger),
        (role.PlaceholderText, colour.secondary),
        (role.Highlight, colour.accent),
        (role.HighlightedText, colour.window),
        (role.Link, colour.accent),
        (role.LinkVisited, colour.accent),
        (role.Accent, colour.accent),
    ):
        palette.setColor(where, QColor(value))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, where, QColor(colour.disabled))
    return palette


def _dot(ink: str, ground: str) -> str:
    """Return a brush that paints a dot in the middle: a gradient with hard edges, for style sheets know no other."""
    stops = f"stop:0 {ink}, stop:0.5 {ink}, stop:0.6 {ground}, stop:1 {ground}"
    return f"qradialgradient(cx:0.5, cy:0.5, radius:0.5, fx:0.5, fy:0.5, {stops})"


def _style_sheet(colour: Colours) -> str:
    return f"""
    QToolTip {{ border: 1px solid {colour.hairline}; padding: 4px; background: {colour.raised}; color: {colour.text}; }}
    QMainWindow::separator {{ background: {colour.hairline}; width: 1px; height: 1px; }}
    QMenuBar {{ background: {colour.window}; border-bottom: 1px solid {colour.hairline}; }}
    QMenu {{ background: {colour.raised}; border: 1px solid {colour.hairline}; padding: 4px 0; }}
    QMenu::item {{ padding: 4px 24px 4px 24px; }}
    QMenu::item:selected {{ background: {colour.accent}; color: {colour.window}; }}
    QMenu::item:disabled {{ color: {colour.disabled}; }}
    QMenu::separator {{ height: 1px; background: {colour.hairline}; margin: 4px 8px; }}
    QToolBar {{ background: {colour.window}; border: none; border-bottom: 1px solid {colour.hairline};
                spacing: 2px; padding: 2px 4px; }}
    QToolButton {{ border: 1px solid transparent; border-radius: {RADIUS_PX}px; padding: 4px; }}
    QToolButton:hover {{ background: {colour.raised}; }}
    QToolButton:checked {{ background: {colour.raised}; border-color: {colour.accent}; }}
    QToolButton:focus, QPushButton:focus {{ border-color: {colour.accent}; outline: none; }}
    QPushButton {{ background: {colour.raised}; border: 1px solid {colour.hairline}; border-radius: {RADIUS_PX}px;
                   padding: 4px 12px; min-height: 20px; }}
    QPushButton:hover {{ border-color: {colour.accent}; }}
    QPushButton:checked {{ border-color: {colour.accent}; color: {colour.accent}; }}
    QPushButton:disabled {{ color: {colour.disabled}; }}
    QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox {{ background: {colour.panel}; border: 1px solid {colour.hairline};
                border-radius: {RADIUS_PX}px; padding: 3px 6px; selection-background-color: {colour.accent}; }}
    QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus {{ border-color: {colour.accent}; }}
    /* Not by NoButtons: under a style sheet Qt then lays the text outside the field. */
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ width: 0; height: 0; border: none; image: none; }}
    QRadioButton::indicator, QCheckBox::indicator {{ width: 12px; height: 12px; border: 1px solid {colour.secondary};
                background: {colour.panel}; }}
    QRadioButton::indicator {{ border-radius: 7px; }}
    QCheckBox::indicator {{ border-radius: {RADIUS_PX}px; }}
    QRadioButton::indicator:hover, QCheckBox::indicator:hover {{ border-color: {colour.accent}; }}
    QRadioButton:focus, QCheckBox:focus {{ color: {colour.accent}; outline: none; }}
    QRadioButton::indicator:disabled, QCheckBox::indicator:disabled {{ border-color: {colour.disabled}; }}
    QRadioButton::indicator:checked, QCheckBox::indicator:checked {{ border-color: {colour.accent};
                background: {_dot(colour.accent, colour.panel)}; }}
    QCheckBox::indicator:checked {{ background: {colour.accent}; }}
    QTreeView, QTableView, QListView {{ background: {colour.panel}; border: none; outline: none; }}
    QTreeView {{ show-decoration-selected: 0; }}
    QTreeView::item, QListView::item {{ padding: 2px 0; }}
    PageList::item {{ padding: 0 10px; }}
    QHeaderView::section {{ background: {colour.window}; color: {colour.secondary}; border: none;
                border-right: 1px solid {colour.hairline}; border-bottom: 1px solid {colour.hairline};
                padding: 3px 6px; }}
    QTableCornerButton::section {{ background: {colour.window}; border: none;
                border-bottom: 1px solid {colour.hairline}; }}
    QPlainTextEdit, QTextBrowser {{ background: {colour.panel}; border: none; }}
    QTabWidget::pane {{ border: none; }}
    QTabBar::tab {{ background: {colour.window}; color: {colour.secondary}; padding: 5px 7px; border: none;
                border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {colour.text}; border-bottom-color: {colour.accent}; }}
    QToolButton#page {{ color: {colour.secondary}; padding: 5px 7px; border: none; border-radius: 0;
                border-bottom: 2px solid transparent; background: transparent; }}
    QToolButton#page:hover {{ color: {colour.text}; }}
    QToolButton#page:checked {{ color: {colour.text}; border-bottom-color: {colour.accent}; }}
    QToolButton#page:focus {{ color: {colour.accent}; }}
    QTabBar::tab:disabled {{ color: {colour.disabled}; }}
    QStatusBar {{ background: {colour.window}; border-top: 1px solid {colour.hairline}; color: {colour.secondary}; }}
    QStatusBar::item {{ border: none; }}
    QProgressBar {{ border: 1px solid {colour.hairline}; border-radius: {RADIUS_PX}px; text-align: center;
                max-height: 12px; font-size: 11px; }}
    QProgressBar::chunk {{ background: {colour.accent}; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; }}
    QScrollBar::handle {{ background: {colour.hairline}; border-radius: 4px; min-height: 24px; min-width: 24px; }}
    QScrollBar::handle:hover {{ background: {colour.disabled}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
    QDockWidget {{ titlebar-close-icon: none; titlebar-normal-icon: none; }}
    QDockWidget::title {{ background: {colour.window}; padding: 4px 8px; }}
    QSplitter::handle {{ background: {colour.hairline}; }}
    """
