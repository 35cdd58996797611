"""The contents of a report: titles are words of a file, never markup."""

import pytest
from PySide6.QtWidgets import QListWidgetItem

from viewer.dicom.codes import Code
from viewer.dicom.structured_report.values import ContainerValue, ContentItem
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.ui.reporting.editor_material import MaterialPanel
from viewer.ui.reporting.outline import Outline

pytestmark = pytest.mark.usefixtures("qapp")
MARKUP = "<img src='file:///etc/hostname'>Lung"


def test_titles_of_a_report_are_no_markup_in_tooltips() -> None:
    below = ContentItem((1, 1), "CONTAINS", "CONTAINER", Code("1", "99X", MARKUP), ContainerValue())
    root = ContentItem((1,), "", "CONTAINER", Code("2", "99X", "Report"), ContainerValue(), (below,))
    outline = Outline()
    outline.show_report((), root)
    tips, waiting = [], [outline.invisibleRootItem()]
    while waiting:
        item = waiting.pop()
        tips.append(item.toolTip(0))
        waiting += [each for index in range(item.childCount()) if (each := item.child(index)) is not None]
    assert any("&lt;img" in tip for tip in tips)
    assert not any("<img" in tip for tip in tips)


def test_words_of_marks_are_no_markup_in_tooltips() -> None:
    panel = MaterialPanel()
    panel.show_marks([Annotation("1.2", "text", ImageAnchor("1", "2", "3", "4"), ((1.0, 1.0),), text=MARKUP)])
    item = panel.marks.item(0)
    assert isinstance(item, QListWidgetItem)
    assert "<img" in item.text()
    assert "<img" not in item.toolTip()
