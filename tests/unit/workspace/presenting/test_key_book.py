"""What is key and what is rejected: marks, documents, what is shown of them, undo, the journal, saving."""

from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.enhanced import write_enhanced_ct
from tests.builders.key_objects import header_of, selected, write_key_objects
from viewer.base.byte_source import FileBytes
from viewer.base.jobs import Progress
from viewer.dicom.codes import Code
from viewer.dicom.key_object import titles
from viewer.dicom.key_object.reading import read_key_objects
from viewer.dicom.key_object.values import KeyObjects
from viewer.workspace.browser_rows import BrowserRow, browser_rows
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.display_set import DisplaySet, WarningCode
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.measuring.journal import Journal
from viewer.workspace.measuring.journal_lines import KEY, JournalLine, decoded, encoded
from viewer.workspace.presenting.key_book import FiledDocument, KeyBook, step_among
from viewer.workspace.presenting.key_list import listed
from viewer.workspace.presenting.key_marks import KeyMark, mark_of, mark_table
from viewer.workspace.presenting.key_saving import (
    SaveKeyObjects,
    Wording,
    filed,
    headers_of,
    offers_to_reject,
    offers_to_save,
)
from viewer.workspace.presenting.key_words import key_chip, rejection_chips
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.workspace import SharedState, Workspace

COUNT = 6


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_ct_series(tmp_path_factory.mktemp("images"), COUNT, 16)


@pytest.fixture
def workspace(images: list[Path]) -> Workspace:
    tree = StudyTree()
    catalogue = DisplaySetCatalogue(tree)
    shared = SharedState(tree, catalogue, lambda _paths: None)
    shared.keys.hidden_changed.connect(lambda _none: catalogue.hide(shared.keys.hidden))
    tree.add([header_of(path) for path in images])
    made = Workspace(shared)
    made.show_series(tree.all_series()[0].key)
    return made


def shown_set(workspace: Workspace) -> DisplaySet:
    found = workspace.display_set_at(0)
    assert found is not None
    return found


def run(workspace: Workspace, command_id: str) -> None:
    command = BY_ID[command_id]
    assert command.enabled(workspace)
    command.run(workspace)


def file(workspace: Workspace, document: KeyObjects, patient_key: str = "") -> None:
    key = patient_key or workspace.tree.all_series()[0].study.patient.key
    workspace.shared.keys.file([FiledDocument(document, key)])


def document_of(folder: Path, title: Code, *paths: Path) -> KeyObjects:
    (path,) = write_key_objects(folder, selected(*paths), title, creator="LEE^SUN")
    return read_key_objects(FileBytes(path))


def set_rows(workspace: Workspace) -> list[BrowserRow]:
    shared = workspace.shared
    rows = browser_rows(
        workspace.tree,
        lambda series: workspace.catalogue.of_series(series.key),
        keys=shared.keys,
        hidden_of=workspace.catalogue.hidden_of,
    )
    return [leaf for patient in rows for study in patient.children for leaf in study.children]


def test_k_marks_and_unmarks_and_undo_takes_both_back(workspace: Workspace) -> None:
    keys = workspace.shared.keys
    workspace.set_index(2)
    run(workspace, "key.toggle")
    checked = BY_ID["key.toggle"].checked
    assert checked is not None
    assert checked(workspace)
    assert keys.key_indexes(shown_set(workspace)) == (2,)
    run(workspace, "key.toggle")
    assert keys.key_indexes(shown_set(workspace)) == ()
    workspace.undo()
    assert keys.key_indexes(shown_set(workspace)) == (2,)
    workspace.undo()
    assert keys.marks() == ()
    workspace.redo()
    assert len(keys.marks()) == 1


def test_an_image_is_in_several_selections(workspace: Workspace) -> None:
    keys = workspace.shared.keys
    run(workspace, "key.toggle")
    keys.set_title(titles.TITLES[3])
    run(workspace, "key.toggle")
    assert [offer.title for offer in offers_to_save(workspace)] == [titles.TITLES[3], titles.OF_INTEREST]
    run(workspace, "key.toggle")
    assert [mark.title for mark in keys.marks()] == [titles.OF_INTEREST]
    run(workspace, "key.clear")
    assert keys.marks() == ()
    workspace.undo()
    assert len(keys.marks()) == 1


def test_frames_are_marked_one_by_one(tmp_path: Path) -> None:
    tree = StudyTree()
    workspace = Workspace(SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None))
    tree.add([header_of(write_enhanced_ct(tmp_path / "enhanced.dcm", 5, 16))])
    workspace.show_series(tree.all_series()[0].key)
    workspace.set_index(3)
    run(workspace, "key.toggle")
    (mark,) = workspace.shared.keys.marks()
    shown = shown_set(workspace).images[3]
    assert mark.frame_number == shown.frame_index + 1
    assert workspace.shared.keys.key_indexes(shown_set(workspace)) == (3,)


def test_scrolling_goes_from_key_image_to_key_image_alone(workspace: Workspace) -> None:
    for index in (1, 4):
        workspace.set_index(index)
        run(workspace, "key.toggle")
    workspace.set_index(0)
    run(workspace, "key.only")
    places = []
    for steps in (1, 1, 1, -1, -1, 10, -10):
        workspace.scroll(steps)
        places.append(workspace.viewport(0).index)
    assert places == [1, 4, 4, 1, 1, 4, 1]
    run(workspace, "key.only")
    workspace.scroll(1)
    assert workspace.viewport(0).index == 2
    run(workspace, "key.next")
    assert workspace.viewport(0).index == 4
    run(workspace, "key.previous")
    assert workspace.viewport(0).index == 1


def test_steps_among_some() -> None:
    assert [step_among((2, 5), at, steps) for at, steps in ((0, 1), (2, 1), (5, 1), (9, -1), (3, -1), (0, -1))] == [
        2, 5, 5, 5, 2, 2,
    ]  # fmt: skip
    assert step_among((), 3, 1) is None


def test_the_list_stars_filters_and_sorts(workspace: Workspace, tmp_path: Path) -> None:
    elements = {"SeriesNumber": "1", "StudyInstanceUID": workspace.tree.all_series()[0].study.study_instance_uid}
    workspace.tree.add([header_of(each) for each in write_ct_series(tmp_path, 2, 16, label="b", elements=elements)])
    workspace.set_index(2)
    run(workspace, "key.toggle")
    assert [row.keys for row in set_rows(workspace)] in ([0, 1], [1, 0])
    run(workspace, "key.first")
    assert [row.keys for row in set_rows(workspace)] == [1, 0]
    run(workspace, "key.only")
    (row,) = set_rows(workspace)
    assert (row.keys, row.images) == (1, 1)
    assert row.display_set is not None
    assert row.display_set.images == (shown_set(workspace).images[2],)


def test_documents_make_images_key(workspace: Workspace, images: list[Path], tmp_path: Path) -> None:
    file(workspace, document_of(tmp_path, titles.TITLES[1], images[3]))
    keys, display_set = workspace.shared.keys, shown_set(workspace)
    assert keys.key_indexes(display_set) == (3,)
    assert key_chip(keys, display_set.images[3]).startswith("★")
    assert key_chip(keys, display_set.images[2]) == ""
    assert not keys.is_marked(display_set.images[3])


def test_a_list_of_what_there_is_makes_nothing_key(workspace: Workspace, images: list[Path], tmp_path: Path) -> None:
    manifest = next(each for each in titles.OTHER_TITLES if each.value == "113030")
    file(workspace, document_of(tmp_path, manifest, *images))
    assert workspace.shared.keys.key_indexes(shown_set(workspace)) == ()


def test_rejected_images_are_left_out_counted_and_shown_on_demand(
    workspace: Workspace, images: list[Path], tmp_path: Path
) -> None:
    workspace.set_index(4)
    file(workspace, document_of(tmp_path, titles.QUALITY_REJECTED, images[1], images[4]))
    display_set = shown_set(workspace)
    assert len(display_set.images) == COUNT - 2
    warning = next(each for each in display_set.warnings if each.code is WarningCode.REJECTED)
    assert warning.arguments == ("2",)
    assert workspace.image_at(0) is not None, "its neighbour is shown, not nothing"
    keys = workspace.shared.keys
    assert rejection_chips(keys, display_set.images[0], display_set) == (("2 REJECTED HIDDEN", True),)
    run(workspace, "key.rejected")
    display_set = shown_set(workspace)
    assert len(display_set.images) == COUNT
    assert rejection_chips(keys, display_set.images[1], display_set) == (("REJECTED", True),)
    run(workspace, "key.rejected")
    assert len(shown_set(workspace).images) == COUNT - 2


@pytest.mark.parametrize("title", [titles.SAFETY_REJECTED, titles.WORKLIST_REJECTED, titles.EXPIRED])
def test_what_is_rejected_for_other_reasons_stays_hidden(
    workspace: Workspace, images: list[Path], tmp_path: Path, title: Code
) -> None:
    file(workspace, document_of(tmp_path, title, *images))
    assert workspace.catalogue.of_series(workspace.tree.all_series()[0].key) == ()
    assert not BY_ID["key.rejected"].enabled(workspace)
    workspace.shared.keys.show_rejected(is_so=True)
    assert workspace.catalogue.hidden_of(workspace.tree.all_series()[0]) == COUNT
    assert set_rows(workspace) == []


def test_a_note_of_another_patient_rejects_nothing(workspace: Workspace, images: list[Path], tmp_path: Path) -> None:
    file(workspace, document_of(tmp_path, titles.QUALITY_REJECTED, *images), patient_key="another")
    assert len(shown_set(workspace).images) == COUNT


def test_a_note_on_frames_hides_no_object(workspace: Workspace, images: list[Path], tmp_path: Path) -> None:
    document = document_of(tmp_path, titles.QUALITY_REJECTED, images[0])
    frames = tuple(replace(each, frames=(1,)) for each in document.references)
    file(workspace, replace(document, references=frames))
    assert len(shown_set(workspace).images) == COUNT


def test_marks_survive_in_the_journal(workspace: Workspace, tmp_path: Path) -> None:
    keys = workspace.shared.keys
    keys.reader = lambda: "KIM^GILDONG"
    study = workspace.tree.all_series()[0].study.study_instance_uid
    journal = Journal(AnnotationBook(), tmp_path / "marks", keys=keys)
    journal.open_study(study)
    run(workspace, "key.toggle")
    workspace.set_index(3)
    run(workspace, "key.toggle")
    run(workspace, "key.toggle")
    restored = KeyBook()
    again = Journal(AnnotationBook(), tmp_path / "marks", keys=restored)  # the first was killed: nothing was closed
    again.open_study(study)
    assert restored.marks() == keys.marks()
    assert restored.marks()[0].marked_by == "KIM^GILDONG"
    again.close_study(study)
    assert restored.marks() == ()
    journal.close()
    again.close()


def test_a_mark_is_written_and_read_as_it_is() -> None:
    mark = KeyMark("1.2", "1.3", "1.4", "1.5", 7, titles.BEST_IN_SET, "1.6", "김^길동", "2026-01-02T03:04:05+09:00")
    assert mark_of(mark_table(mark)) == mark
    line = JournalLine((KEY, mark.uid), "1.2", mark)
    assert decoded(encoded(line).rstrip(b"\n")) == line
    for broken in ({}, {**mark_table(mark), "title": "x"}, {**mark_table(mark), "frame_number": None}):
        with pytest.raises(ValueError, match="No key mark"):
            mark_of(broken)


def test_marks_are_saved_and_listed_with_who_made_them(workspace: Workspace, tmp_path: Path) -> None:
    for index in (1, 3):
        workspace.set_index(index)
        run(workspace, "key.toggle")
    (offer,) = offers_to_save(workspace)
    make = SaveKeyObjects(
        offer.marks,
        headers_of(workspace.tree, offer.marks),
        Wording(titles.TITLES[3], comment="look", creator="LEE^SUN"),
    )
    (path,) = make(tmp_path, Progress())
    written = pydicom.dcmread(path)
    assert written.ConceptNameCodeSequence[0].CodeValue == titles.TITLES[3].value
    workspace.shared.keys.file(filed(workspace, make.made))
    entries = listed(workspace)
    assert [entry.document is None for entry in entries] == [True, False]
    assert entries[1].document is not None
    assert entries[1].document.creators == ("LEE^SUN",)
    assert [each.sop_instance_uid for each in entries[1].objects] == [mark.sop_instance_uid for mark in offer.marks]
    assert all(each.is_open for each in entries[1].objects)


@pytest.mark.parametrize("chosen", ["native", "1.2.3.99"])
def test_a_key_image_names_no_state_that_it_was_not_seen_in(workspace: Workspace, chosen: str) -> None:
    workspace.change(replace(workspace.viewport(0), presentation=chosen), "Chosen")
    run(workspace, "key.toggle")
    assert [mark.presentation for mark in workspace.shared.keys.marks()] == [""]


def test_a_mark_of_an_image_that_is_not_open_is_not_lost_by_saving(workspace: Workspace) -> None:
    run(workspace, "key.toggle")
    keys = workspace.shared.keys
    (mark,) = keys.marks()
    gone = replace(mark, sop_instance_uid="1.9.9", series_instance_uid="1.9")
    keys.apply(gone.study_instance_uid, {gone.uid: gone})
    (offer,) = offers_to_save(workspace)
    assert offer.marks == (mark,)
    assert gone in keys.marks()


def test_whole_objects_are_rejected_however_they_were_marked(tmp_path: Path) -> None:
    tree = StudyTree()
    workspace = Workspace(SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None))
    tree.add([header_of(write_enhanced_ct(tmp_path / "enhanced.dcm", 5, 16))])
    workspace.show_series(tree.all_series()[0].key)
    run(workspace, "key.toggle")
    image, _series, marked = offers_to_reject(workspace)
    for offer in (image, marked):
        headers = headers_of(tree, offer.marks)
        make = SaveKeyObjects(offer.marks, headers, Wording(titles.QUALITY_REJECTED, titles.QUALITY_REASONS[:1]))
        make(tmp_path, Progress())
        assert [each.frames for each in make.made[0].references] == [()]
        assert make.made[0].modifiers == titles.QUALITY_REASONS[:1]
