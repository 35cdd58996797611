"""Reports that are written: a window that is killed meanwhile, the command line, and peers as readers."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series
from tests.flows.command_line import run
from viewer.base.byte_source import FileBytes
from viewer.base.jobs import Progress
from viewer.dicom.header_scan import scan_header
from viewer.dicom.structured_report.diagnostic_codes import FINDINGS, HEADINGS, TITLES
from viewer.workspace.reporting.report_draft import DraftIdentity, DraftImage, DraftSection, ReportDraft
from viewer.workspace.reporting.report_draft_saving import ReportWords, SaveReport, evidence_of
from viewer.workspace.reporting.report_draft_store import DraftStore

WORDS = {
    "english": 'No focal lesion.\nHeart <normal> & 100 % "fine".',
    "korean": "간에 국소 병변이 없습니다.\n심장은 정상 크기입니다.",
    "japanese": "肝臓に限局性病変を認めません。\nカルテを参照してください。",
}

_WINDOW = """
import sys
from pathlib import Path
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from tests.ui.program_window import open_window
from viewer.application.programme import Programme
application = QApplication([])
folder = Path(sys.argv[1])
programme = Programme(application, folder / "config", library=folder / "library", is_attended=False)
window = open_window(programme, folder / "disc")
window.actions_table.run("report.write")
(editor,) = programme.report_writing.editors
text, keep = editor.sections.edits[3].text, programme.report_writing.drafts.keep

def kept_and_told(draft, order=0):
    kept = keep(draft, order)
    print(len(kept.sections[3].text), flush=True)
    return kept

programme.report_writing.drafts.keep = kept_and_told
for count in range(5000):
    QTest.keyClicks(text, "x")
    application.processEvents()
"""


def test_a_window_that_is_killed_loses_nothing_that_it_said_is_kept(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "disc", 1, 32)
    (image,) = (tmp_path / "disc").iterdir()
    study = scan_header(FileBytes(image)).study_instance_uid
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", _WINDOW, str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _count in range(4)]
        process.kill()
        lines += process.stdout.read().splitlines()
    told = [int(line) for line in lines if line.strip().isdecimal()]
    (draft,) = DraftStore(tmp_path / "library" / "marks").kept(study).drafts
    assert told
    assert len(draft.sections[3].text) >= told[-1]


@pytest.fixture(params=sorted(WORDS))
def report(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    images = tuple(scan_header(FileBytes(path)) for path in write_ct_series(tmp_path / "ct", 2, 16))
    words = WORDS[request.param]
    draft = ReportDraft(
        "d",
        images[0].study_instance_uid,
        DraftIdentity(),
        TITLES[3],
        (DraftSection(FINDINGS, words), DraftSection(HEADINGS[11][0], "1. x")),
        (DraftImage(images[1].sop_class_uid, images[1].sop_instance_uid, caption="左 왼쪽"),),
    )
    folder = tmp_path / "made"
    folder.mkdir()
    said = ReportWords("KIM^GILDONG=金^吉洞=김^길동", "병원", is_complete=True, is_verified=True)
    (path,) = SaveReport(draft, evidence_of(images, draft), said)(folder, Progress())
    return path, words


def test_the_command_line_reads_what_was_typed(report: tuple[Path, str], tmp_path: Path) -> None:
    path, words = report
    ended = run(tmp_path, "sr", path, "--text")
    assert ended.code == 0
    for line in words.splitlines():
        assert line in ended.output
    assert "김^길동" in ended.output or "김길동" in ended.output or "KIM" in ended.output


def test_dcmtk_and_dicom3tools_read_it(report: tuple[Path, str]) -> None:
    path, words = report
    tools = {name: shutil.which(name) for name in ("dsr2xml", "dciodvfy")}
    if not all(tools.values()):
        pytest.skip("DCMTK or dicom3tools is not here")
    xml = subprocess.run(["dsr2xml", str(path)], capture_output=True, check=True).stdout.decode("utf-8")
    plain = re.sub(r"<[^>]*>", "", xml).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    plain = plain.replace("&amp;", "&").replace("&#10;", "\n").replace("&#13;", "")
    assert words in plain.replace("\r", "")
    found = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False).stderr
    assert [line for line in found.splitlines() if line.startswith("Error")] == []
