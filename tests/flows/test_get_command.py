"""`negatoscope get`, as a process of its own: into a folder, into the library, by name, and with wrong arguments."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.peer_servers import ORTHANC, Orthanc, free_port
from tests.builders.retrieving import OUR_TITLE, data_sets_in, sent_data_sets, study_of
from tests.builders.sent_instances import SentInstance
from tests.builders.serving_library import write_files
from tests.flows.command_line import run
from viewer.library.library import Library

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs Orthanc"),
]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with Orthanc(tmp_path_factory.mktemp("orthanc")) as peer:
        yield peer


@pytest.fixture(scope="module")
def study(orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory) -> list[SentInstance]:
    made = study_of(6, series=2, size=2000)
    orthanc.keep(write_files(tmp_path_factory.mktemp("study"), made))
    return made


def name_of(peer: Orthanc) -> str:
    return f"{peer.ae_title}@127.0.0.1:{peer.port}"


def test_into_a_folder_and_again(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path) -> None:
    one, uid = study[0], study[0].study_instance_uid
    out = tmp_path / "out"
    done = run(
        tmp_path, "get", name_of(orthanc), "--study", uid, "--series", one.series_instance_uid, "--instance",
        one.sop_instance_uid, "--out", out, "--json",
    )  # fmt: skip
    assert (done.code, done.errors) == (0, "")
    found = done.json()
    assert (found["expected"], found["received"], found["already"], found["missing"]) == (1, 1, 0, [])
    assert (found["failed"], found["quarantined"], found["verified"]) == ([], [], True)
    done = run(tmp_path, "get", name_of(orthanc), "--study", uid, "--out", out)
    assert (done.code, done.errors) == (0, "")
    assert done.output.splitlines() == ["6 of 6 images are here", "1 of them were here before"]
    assert data_sets_in(out) == sent_data_sets(study)


def test_into_the_library_by_name(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path) -> None:
    added = run(
        tmp_path, "peers", "add", "Archive", "--aet", orthanc.ae_title, "--host", "127.0.0.1", "--port", orthanc.port
    )
    assert added.code == 0, added.errors
    uid = study[0].study_instance_uid
    done = run(tmp_path, "--library", tmp_path / "library", "get", "Archive", "--study", uid, "--json")
    assert (done.code, done.errors) == (0, "")
    assert (done.json()["received"], done.json()["source"]) == (6, "Archive")
    assert done.json()["methods"] == ["C-GET"]
    with Library(tmp_path / "library") as library:
        assert len(library.catalogue.instances_of_study(uid)) == 6


def test_by_a_receiver_that_opens_for_just_that(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path) -> None:
    port = free_port()
    orthanc.know("GETTER", port)
    out = tmp_path / "out"
    done = run(
        tmp_path, "get", name_of(orthanc), "--study", study[0].study_instance_uid, "--out", out, "--method", "move",
        "--aet", "GETTER", "--port", port, "--json",
    )  # fmt: skip
    assert (done.code, done.errors) == (0, "")
    assert (done.json()["received"], done.json()["methods"]) == (6, ["C-MOVE"])
    assert data_sets_in(out) == sent_data_sets(study)


def test_what_is_missing_is_said_in_one_line(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path) -> None:
    uid = study[0].study_instance_uid
    done = run(
        tmp_path, "get", name_of(orthanc), "--study", uid, "--series", study[0].series_instance_uid, "--instance",
        study[0].sop_instance_uid, "--instance", "1.2.3", "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert done.code == 1
    assert "1 of 2 images are here: ask again" in done.line
    assert (done.json()["missing"], done.json()["received"]) == (["1.2.3"], 1)
    done = run(tmp_path, "get", name_of(orthanc), "--study", "1.2.3.4", "--out", tmp_path / "other")
    assert done.code == 1
    assert "The archive has nothing of that" in done.line
    assert done.output == ""


def test_archives_that_are_not_there(tmp_path: Path) -> None:
    port = free_port()
    done = run(tmp_path, "get", f"X@127.0.0.1:{port}", "--study", "1.2", "--out", tmp_path / "out", "--method", "get")
    assert done.code == 1
    assert "Nobody answers there" in done.line
    done = run(tmp_path, "get", "Unheard of", "--study", "1.2", "--out", tmp_path / "out")
    assert done.code == 1
    assert "Unheard of" in done.line
    done = run(tmp_path, "get", f"X@127.0.0.1:{port}", "--study", "1.2", "--out", tmp_path / "out", "--method", "web")
    assert done.code == 1
    assert "in this way" in done.line


@pytest.mark.parametrize(
    "arguments",
    [
        ("X@h:1",),
        ("X@h:1", "--study", "../etc"),
        ("X@h:1", "--study", ""),
        ("X@h:1", "--study", "1.2", "--series", "1.2\n3"),
        ("X@h:1", "--study", "1.2", "--instance", "1" * 65),
        ("X@h:1", "--study", "1.2", "--method", "pigeon"),
        ("X@h:1", "--study", "1.2", "--port", "0"),
        ("X@h:1", "--study", "1.2", "--port", "65536"),
        ("--study", "1.2"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    from viewer.cli.main import main

    with pytest.raises(SystemExit) as ended:
        main(["--config", str(tmp_path), "get", *arguments], faces=None)  # type: ignore[arg-type] # no window is opened
    assert ended.value.code == 2
    assert not [*tmp_path.iterdir()]


def test_our_title_is_known() -> None:
    from viewer.reception.receiver_settings import ReceiverSettings

    assert ReceiverSettings().ae_title == OUR_TITLE
