"""How fast queries of other stations are answered, however large the library: found by indexes, sent in a stream."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.builders.big_library import fill_library, study_uid, study_values
from tests.builders.serving_library import AE_TITLE, serving
from viewer.library.database import Database
from viewer.library.query import find

ANSWER_SECONDS, SCAN_SECONDS = 0.25, 2.0
ASKED = dict.fromkeys(
    ("StudyDate", "StudyTime", "AccessionNumber", "PatientName", "PatientID", "StudyInstanceUID", "ModalitiesInStudy"),
    "",
)
Query = tuple[str, bool, Mapping[str, str]]


def _queries() -> dict[str, Query]:
    """Return what stations ask most, by name; the last ones must look at every study."""
    values = study_values(1234)
    uid = study_uid(1234)
    studies = {
        "one patient": {"PatientID": values["PatientID"]},
        "an accession number": {"AccessionNumber": values["AccessionNumber"]},
        "a beginning of patient IDs": {"PatientID": "PID00012*"},
        "a day": {"StudyDate": values["StudyDate"]},
        "a week of CT": {"StudyDate": "20200101-20200107", "ModalitiesInStudy": "CT"},
        "a name": {"PatientName": "müller^h*"},
        "a name in Hangul": {"PatientName": "김^길*"},
        "a part of a name in Hangul": {"PatientName": "*길동*"},
        "one study": {"StudyInstanceUID": uid},
    }
    found: dict[str, Query] = {name: ("STUDY", False, {**ASKED, **keys}) for name, keys in studies.items()}
    of_study = {"PatientID": values["PatientID"], "StudyInstanceUID": uid}
    found["series of a study"] = ("SERIES", True, {**of_study, "SeriesInstanceUID": "", "Modality": ""})
    of_series = {**of_study, "SeriesInstanceUID": f"{uid}.1", "SOPInstanceUID": "", "InstanceNumber": ""}
    found["images of a series"] = ("IMAGE", True, of_series)
    found["all: the end of a name"] = ("STUDY", False, {**ASKED, "PatientName": "*dong"})
    found["all: a part of a description"] = ("STUDY", False, {**ASKED, "StudyDescription": "*MRI*"})
    return found


def _measured(folder: Path, studies: int, instances_a_study: int, tell: Callable[[str, object], None]) -> None:
    fill_library(folder, studies, instances_a_study)
    times: dict[str, tuple[float, int]] = {}
    with Database(folder) as database:
        for name, (level, is_patient_root, keys) in _queries().items():
            best = 1e9
            for _try in range(3):
                started = time.perf_counter()
                count = sum(1 for _answer in find(database, level, keys, is_patient_root=is_patient_root))
                best = min(best, time.perf_counter() - started)
            times[name] = best, count
    for name, (seconds, count) in times.items():
        print(f"{studies} studies, {name}: {count} answers in {seconds * 1000:.1f} ms")
    of_index = {name: seconds for name, (seconds, _count) in times.items() if not name.startswith("all")}
    slowest = max(of_index, key=of_index.__getitem__)
    tell("slowest_ms", round(of_index[slowest] * 1000, 1))
    assert times["one study"][1] == 1
    assert times["one patient"][1] == 2
    assert of_index[slowest] < ANSWER_SECONDS, slowest
    assert max(seconds for seconds, _count in times.values()) < SCAN_SECONDS


def test_queries_are_answered_at_once(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    _measured(tmp_path, 5_000, 8, record_property)


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_queries_among_ten_million(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    _measured(tmp_path, 100_000, 100, record_property)


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_findscu_is_answered_in_a_stream(tmp_path: Path) -> None:
    # In a process of its own: what filling needs is not what answering needs.
    filling = (
        "import sys; from pathlib import Path; from tests.builders.big_library import fill_library;"
        " fill_library(Path(sys.argv[1]), 100_000, 4)"
    )
    subprocess.run([sys.executable, "-c", filling, str(tmp_path)], check=True, cwd=Path(__file__).resolve().parents[2])
    with serving(tmp_path) as served:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        keys = [part for key in ("QueryRetrieveLevel=STUDY", *ASKED) for part in ("-k", key)]
        command = ["/usr/bin/findscu", "-S", "-q", "-aec", AE_TITLE, *keys, "127.0.0.1", str(served.port)]
        started = time.perf_counter()
        subprocess.run(command, check=True, timeout=300)
        seconds = time.perf_counter() - started
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"100,000 answers to findscu in {seconds:.1f} s, memory grew by {grown:.0f} MB ({sys.platform})")
    assert grown < 100
