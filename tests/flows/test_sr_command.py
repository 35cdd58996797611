"""`negatoscope sr` beside DCMTK: no word of dsr2html and no item of dsrdump is missing."""

import collections
import html
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builders import report_documents as made
from tests.flows.command_line import run
from viewer.base.byte_source import FileBytes
from viewer.dicom.structured_report.html import report_html
from viewer.dicom.structured_report.reading import read_report
from viewer.dicom.structured_report.templates.views import sections_of
from viewer.dicom.structured_report.text import report_lines
from viewer.dicom.structured_report.tree import walk

LENIENT = ("-Ee", "-Ev", "-Er", "-Ec", "-Dv")
_RELATION = r"(?:contains|has obs context|has concept mod|has acq context|has properties|inferred from|selected from)"
# What dsr2html says in words of its own, that is no content: numbers of foot notes and annexes, its letters for SOP
# Classes (PI, SC, USr image), an image that is not named, the unit 1 of UCUM, a plural.
OWN_WORDS = (
    r"<head>.*?</head>",
    r"<hr>\s*<div class=\"footnote\">.*",
    r"<small><sup>.*?</sup></small>|<b><a name=\"footnote_dst[^>]*>.*?</a></b>",
    r"\[<a name=\"annex.*?</a>\]|<h2><a name=\"annex_dst.*?</h2>(\s*<div>\s*<b>[^<]*</b><br>)?|<h1>Annex</h1>",
    r"<a href=\"http://localhost/dicom.cgi[^>]*>.*?</a>",
    r"unknown image",
    r"(?<=\d) 1(?=</span>)",
    r"(?<=<b>Verifying Observer)s",
)


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def peer(name: str, path: Path, *options: str) -> str:
    done = subprocess.run([tool(name), *options, *LENIENT, str(path)], capture_output=True, timeout=60)
    return done.stdout.decode("utf-8", "replace")


def words(page: str) -> collections.Counter[str]:
    return collections.Counter(re.findall(r"[^\W_]+", html.unescape(re.sub(r"<[^>]*>", " ", page)).casefold()))


def reports_of(shared_data: Path) -> list[Path]:
    folders = ("reports", "segmentation-and-sr", "mr-enhanced", "syntax-matrix-ct")
    found = [path for folder in folders for path in sorted((shared_data / folder).iterdir()) if path.is_file()]
    return [path for path in found if is_report(path)]


def is_report(path: Path) -> bool:
    with path.open("rb") as file:
        return b"1.2.840.10008.5.1.4.1.1.88." in file.read(4096)


def made_reports(shared_data: Path, folder: Path) -> list[Path]:
    """Return the documents that DCMTK's report maker writes: loops, key image notes, references."""
    maker = folder / "mkreport"
    shutil.copyfile(shared_data / "reports" / "mkreport", maker)
    maker.chmod(0o700)
    try:
        subprocess.run([maker, "all"], cwd=folder, capture_output=True, timeout=60, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("the report maker does not run here")
    return sorted(folder.glob("*.dcm"))


def missing_words(path: Path) -> dict[str, int]:
    page = peer("dsr2html", path, "+U8")
    assert page, path.name
    for pattern in OWN_WORDS:
        page = re.sub(pattern, " ", page, flags=re.DOTALL)
    told = read_report(FileBytes(path))
    wanted = words(page)
    as_text = wanted - words(html.escape("\n".join(report_lines(told))))
    as_page = wanted - words(re.sub(r"<style>.*?</style>", "", report_html(told), flags=re.DOTALL))
    return dict(as_text | as_page)


def kinds_in_dump(path: Path) -> collections.Counter[str]:
    lines = re.findall(rf"^\s*<(?:{_RELATION} )?([A-Z0-9.]+)", peer("dsrdump", path), flags=re.MULTILINE)
    return collections.Counter("by-reference" if line[0].isdigit() else line for line in lines)


def kinds_of(path: Path) -> collections.Counter[str]:
    root = read_report(FileBytes(path)).root
    assert root is not None
    return collections.Counter(item.value_type or "by-reference" for item in walk(root))


def test_no_word_and_no_item_of_real_reports_is_missing(shared_data: Path) -> None:
    found = reports_of(shared_data)
    assert len(found) >= 21
    assert {path.name: missing for path in found if (missing := missing_words(path))} == {}
    assert [path.name for path in found if kinds_of(path) != kinds_in_dump(path)] == []


def test_no_word_and_no_item_of_made_reports_is_missing(shared_data: Path, tmp_path: Path) -> None:
    found = made_reports(shared_data, tmp_path)
    assert len(found) >= 23
    assert {path.name: missing for path in found if (missing := missing_words(path))} == {}
    assert [path.name for path in found if kinds_of(path) != kinds_in_dump(path)] == []


def test_the_command_prints_text_html_and_json(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "segmentation-and-sr" / "sr_document.dcm"
    told = run(tmp_path, "sr", path)
    assert (told.code, told.errors) == (0, "")
    assert told.output.startswith("Imaging Measurement Report\n")
    page = run(tmp_path, "sr", path, "--html")
    report = read_report(FileBytes(path))
    assert page.output == report_html(report, sections_of(report)) + "\n"
    answer = run(tmp_path, "sr", path, "--json").json()
    assert answer["verification_flag"] == "UNVERIFIED"
    assert answer["content"]["name"]["meaning"] == "Imaging Measurement Report"
    assert answer["content"]["items"][0]["value"]["value"] == "en-US"


def test_what_is_no_report_fails_with_one_line(shared_data: Path, tmp_path: Path) -> None:
    told = run(tmp_path, "sr", shared_data / "segmentation-and-sr" / "ct_image.dcm")
    assert told.code == 1
    assert "no structured report" in told.line
    assert run(tmp_path, "sr", os.devnull).code == 1


def test_documents_of_the_tests_are_valid_and_read_by_others(tmp_path: Path) -> None:
    square = (5, 5, 15, 5, 15, 15, 5, 15, 5, 5)
    finding = made.cad_finding(made.MASS, made.REQUIRED, (10, 10), square, (1, 2, 1))
    documents = {
        "cad": made.mammography_cad(finding, failed=[made.CALCIFICATIONS]),
        "ct": made.ct_dose([("Head", 50.1, 900.5)]),
        "activity": made.radiopharmaceutical_dose(370.5),
        "twins": made.obstetric_ultrasound(),
    }
    for name, document in documents.items():
        path = made.write(document, tmp_path / f"{name}.dcm")
        checked = subprocess.run([tool("dciodvfy"), "-new", str(path)], capture_output=True, text=True, timeout=60)
        assert "Error" not in checked.stderr, (name, checked.stderr)
        assert missing_words(path) == {}, name
        assert kinds_of(path) == kinds_in_dump(path), name
