"""Drafts of reports: kept to the last word, undone step by step, filled from templates."""

import datetime as dt
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.base.errors import SettingsError
from viewer.base.paths import resources_path
from viewer.dicom.codes import Code
from viewer.dicom.structured_report.diagnostic_codes import FINDINGS, HEADINGS, TITLES
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.library.study_marks import erase_from
from viewer.workspace.reporting.report_draft import (
    DraftHistory,
    DraftIdentity,
    DraftImage,
    DraftNumber,
    DraftRegion,
    DraftSection,
    ReportDraft,
    in_template,
)
from viewer.workspace.reporting.report_draft_json import draft_bytes, draft_of
from viewer.workspace.reporting.report_draft_store import DraftStore
from viewer.workspace.reporting.report_templates import filled, placeholder_values, read_templates, sections_of
from viewer.workspace.study_nodes import Patient, Study

STUDY = "1.2.3"
IMPRESSION = HEADINGS[11][0]
IMAGE = DraftImage("1.2", "1.2.3.4", 2, "왼쪽", ("1.5", "1.6"), (("center", 40.5), ("palette", "hot")))
NUMBER = DraftNumber(
    "Length 12.3 mm",
    Code("1", "SCT", "Length"),
    12.345678901234567,
    Code("mm", "UCUM", "mm"),
    method=Code("m", "99", "M"),
    regions=(DraftRegion("POLYLINE", ((0.1, 0.2), (3.0, 4.0)), IMAGE),),
)
DRAFT = ReportDraft(
    "a1",
    STUDY,
    DraftIdentity("KIM^GILDONG", "1"),
    TITLES[0],
    (DraftSection(FINDINGS, "폐 \U0001f600\nline", (NUMBER,)), DraftSection(IMPRESSION)),
    (IMAGE,),
    replaces=DocumentReference(InstanceReference("1.1", "2.2"), "3.3", "4.4"),
    version=2,
    left_out=("x",),
)


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=40, deadline=None)
def test_a_draft_comes_back_to_the_last_word(text: str, value: float) -> None:
    number = replace(NUMBER, value=value)
    draft = DRAFT.with_text(1, text).with_section(0, replace(DRAFT.sections[0], numbers=(number,)))
    assert draft_of(draft_bytes(draft, 3)) == (draft, 3)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format":2,"revision":1,"draft":{}}', b"\xff", b'{"format":1}'])
def test_what_is_no_draft_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"draft|format|Expecting"):
        draft_of(data)


def test_it_is_kept_for_its_owner_alone_and_erased_with_its_study(tmp_path: Path) -> None:
    store = DraftStore(tmp_path / "marks")
    store.keep(DRAFT)
    (path,) = (tmp_path / "marks").glob("*.json")
    assert os.name != "posix" or path.stat().st_mode & 0o777 == 0o600
    assert "KIM" not in path.name
    assert STUDY not in path.name
    assert DraftStore(tmp_path / "marks").kept(STUDY).drafts == (DRAFT,)
    assert DraftStore(tmp_path / "marks").kept("1.2.4").drafts == ()
    erase_from(tmp_path / "marks", [STUDY])
    assert DraftStore(tmp_path / "marks").kept(STUDY).drafts == ()


def test_the_last_one_that_was_kept_counts_and_is_removed(tmp_path: Path) -> None:
    store = DraftStore(tmp_path)
    store.keep(DRAFT)
    later = store.keep(DRAFT.with_text(1, "later"))
    assert DraftStore(tmp_path).kept(STUDY).drafts == (later,)
    store.remove(later)
    assert DraftStore(tmp_path).kept(STUDY).drafts == ()


def test_two_programs_lose_nothing_of_each_other(tmp_path: Path) -> None:
    one, other = DraftStore(tmp_path), DraftStore(tmp_path)
    one.keep(DRAFT)
    (there,) = other.kept(STUDY).drafts
    one.keep(DRAFT.with_text(1, "one"))
    forked = other.keep(there.with_text(1, "other"))
    assert forked.uid != DRAFT.uid
    other.keep(forked.with_text(1, "other again"))
    one.keep(DRAFT.with_text(1, "one again"))
    assert {each.sections[1].text for each in one.kept(STUDY).drafts} == {"one again", "other again"}
    other.remove(DRAFT)  # it is not its own any more
    assert len(one.kept(STUDY).drafts) == 2


def test_looking_at_drafts_does_not_write_over_what_another_program_wrote(tmp_path: Path) -> None:
    one, other = DraftStore(tmp_path), DraftStore(tmp_path)
    one.keep(DRAFT)
    (there,) = other.kept(STUDY).drafts
    other.begin(there.uid)
    one.keep(DRAFT.with_text(1, "one"))
    other.kept(STUDY)  # a study of it was opened
    assert other.keep(there.with_text(1, "other")).uid != DRAFT.uid
    other.begin(DRAFT.uid)
    assert other.keep(DRAFT.with_text(1, "gone on")).uid == DRAFT.uid


def test_what_cannot_be_read_is_told_and_left(tmp_path: Path) -> None:
    store = DraftStore(tmp_path)
    store.keep(DRAFT)
    (path,) = tmp_path.glob("*.json")
    path.write_bytes(b"{")
    assert store.kept(STUDY).drafts == ()
    assert len(store.kept(STUDY).problems) == 1
    assert store.keep(DRAFT).uid != DRAFT.uid
    assert path.read_bytes() == b"{"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "marks").write_bytes(b"")
    with pytest.raises(SettingsError):
        DraftStore(tmp_path / "marks").keep(DRAFT)


_WRITER = """
import sys
from pathlib import Path
from viewer.workspace.reporting.report_draft_store import DraftStore
store = DraftStore(Path(sys.argv[1]))
(draft,) = store.kept("1.2.3").drafts
for count in range(100000):
    draft = store.keep(draft.with_text(1, "x" * count))
    print(count, flush=True)
"""


def test_a_kill_loses_no_more_than_what_was_not_kept_yet(tmp_path: Path) -> None:
    DraftStore(tmp_path).keep(DRAFT)
    for _round in range(3):
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as it:
            assert it.stdout is not None
            lines = [it.stdout.readline() for _count in range(20)]
            it.kill()
            lines += it.stdout.read().splitlines()
        told = int([line for line in lines if line.strip()][-1])
        (draft,) = DraftStore(tmp_path).kept(STUDY).drafts
        assert len(draft.sections[1].text) in {told, told + 1}


@given(
    st.lists(st.tuples(st.sampled_from(["type", "other", "undo", "redo", "image"]), st.text(max_size=3)), max_size=30)
)
@settings(max_examples=60, deadline=None)
def test_undo_goes_back_through_every_step(deeds: list[tuple[str, str]]) -> None:
    history, done, undone = DraftHistory(DRAFT), [DRAFT], []
    for number, (deed, text) in enumerate(deeds):
        if deed == "undo":
            if len(done) > 1:
                undone.append(done.pop())
            history.undo()
        elif deed == "redo":
            if undone:
                done.append(undone.pop())
            history.redo()
        else:
            changed = history.draft.with_text(1, f"{text}{number}")
            history.change(changed)
            done.append(changed)
            undone.clear()
        assert history.draft == done[-1]
        assert (history.can_undo, history.can_redo) == (len(done) > 1, bool(undone))


def test_what_is_typed_in_one_go_is_one_step() -> None:
    history = DraftHistory(DRAFT)
    for text in ("a", "ab", "abc"):
        history.change(DRAFT.with_text(1, text), run=1)
    history.end_run()
    history.change(DRAFT.with_text(1, "abcd"), run=1)
    assert history.undo().sections[1].text == "abc"
    assert history.undo() == DRAFT
    assert history.redo().sections[1].text == "abc"


def test_numbers_and_images_are_put_in_once() -> None:
    assert DRAFT.with_numbers(0, [NUMBER, NUMBER]) == DRAFT
    assert DRAFT.with_numbers(1, [NUMBER, NUMBER]).sections[1].numbers == (NUMBER,)
    assert DRAFT.without_number(0, NUMBER).sections[0].numbers == ()
    newer = replace(IMAGE, caption="", view=())
    assert DRAFT.with_image(newer).images == (replace(IMAGE, view=()),)
    assert len(DRAFT.with_image(replace(IMAGE, frame_number=3)).images) == 2
    assert DRAFT.without_image(0).images == ()


def test_another_template_takes_no_words_away() -> None:
    sections = (DraftSection(IMPRESSION, "default"), DraftSection(FINDINGS, "default"))
    put = in_template(DRAFT, "t", TITLES[3], sections)
    assert [each.text for each in put.sections] == ["default", DRAFT.sections[0].text]
    only = in_template(DRAFT, "t", TITLES[3], sections[:1])
    assert [each.heading for each in only.sections] == [IMPRESSION, FINDINGS]


def test_templates_that_came_with_the_program() -> None:
    found = read_templates(None)
    assert {each.id for each in found.templates} == {"general", "ct", "mr", "chest_xray", "mammography"}
    assert found.templates[0].id == "general"
    assert found.problems == ()
    for modalities, wanted in ((["CT"], "ct"), (["MR", "SR"], "mr"), (["DX"], "chest_xray"), (["MG"], "mammography")):
        assert found.best_for(modalities).id == wanted
    assert found.best_for(["US"]).id == "general"
    for path in resources_path("report_templates").glob("*.toml"):
        names = tomllib.loads(path.read_text("utf-8"))["name"]
        assert set(names) == {"en", "ko"}


def test_the_readers_own_take_the_place_and_what_is_wrong_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "report_templates"
    folder.mkdir()
    (folder / "mine.toml").write_text(
        'id="ct"\nname="Mine"\nmodalities=["CT"]\ndocument="25045-6"\n[[section]]\nheading="59776-5"\ntext="{modality}"\n'
        '[[section]]\nheading={value="x", scheme="99X", meaning="Own"}\n',
        "utf-8",
    )
    (folder / "bad.toml").write_text('document="1"\n[[section]]\nheading="59776-5"', "utf-8")
    (folder / "worse.toml").write_text("][", "utf-8")
    found = read_templates(tmp_path)
    mine = found.best_for(["CT"])
    assert (mine.name, mine.is_own, len(found.problems)) == ("Mine", True, 2)
    assert sections_of(mine, {"modality": "CT"})[0].text == "CT"
    assert mine.sections[1].heading == Code("x", "99X", "Own")


def test_placeholders() -> None:
    patient = Patient("p", "42", "KIM^GILDONG", "19700101")
    study = Study("s", patient, "1.2", "20240307", description="CT {today}")
    prior = Study("t", patient, "1.3", "20230101", description="CT chest")
    later = Study("u", patient, "1.4", "20250101")
    patient.studies = {each.key: each for each in (study, prior, later)}
    values = placeholder_values(study, "LEE", dt.date(2024, 3, 8))
    text = filled("{patient_id} {study_date}\n{priors}\n{series}\n\n{study_description} {unknown} {today}", values)
    assert text == "42 2024-03-07\n2023-01-01 CT chest\n\nCT {today} {unknown} 2024-03-08"
