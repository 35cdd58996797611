"""`negatoscope peers` without a network: what is added, listed, removed and exchanged, and what cannot be."""

from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from tests.flows.command_line import Ended
from tests.unit.cli.no_faces import run


class Say:
    """Says a command line in a folder of the test."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._capsys = folder, capsys

    def __call__(self, *arguments: object) -> Ended:
        return self.at(self._folder, *arguments)

    def at(self, folder: Path, *arguments: object) -> Ended:
        self._capsys.readouterr()
        code = run(folder, arguments)
        return Ended(code, *self._capsys.readouterr())


@pytest.fixture
def say(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    monkeypatch.setattr("keyring.get_keyring", keyring.backends.fail.Keyring)
    monkeypatch.setattr("sys.stdin", None)
    return Say(tmp_path, capsys)


def test_an_archive_is_added_listed_and_removed(say: Say) -> None:
    assert say("peers", "list", "--json").json() == []
    added = say("peers", "add", "중앙", "--aet", "PACS", "--host", "pacs.example.org", "--port", "104",
        "--dicomweb", "https://pacs.example.org/dicom-web/", "--calling", "US", "--charset", "ISO 2022 IR 149",
        "--method", "move", "--no-cancel", "--sends-as", "PACS2", "--no-key", "ModalitiesInStudy", "--patience", "300",
    )  # fmt: skip
    assert added == Ended(0, "", "")
    (row,) = say("peers", "list", "--json").json()
    assert (row["name"], row["ae_title"], row["host"], row["port"]) == ("중앙", "PACS", "pacs.example.org", 104)
    assert (row["dicomweb"], row["authorization"], row["tls"]) == ("https://pacs.example.org/dicom-web", "none", False)
    assert row["quirks"]["cancels"] is False
    assert row["quirks"]["sends_as"] == ["PACS2"]
    assert "PACS@pacs.example.org:104" in say("peers", "list").output
    again = say("peers", "add", "중앙", "--aet", "X", "--host", "h")
    assert again.code == 1
    assert "another archive of that name" in again.line
    assert say("peers", "add", "중앙", "--aet", "X", "--host", "h", "--tls", "--replace").code == 0
    (row,) = say("peers", "list", "--json").json()
    assert (row["port"], row["tls"], row["dicomweb"]) == (2762, True, None)
    assert say("peers", "remove", "중앙") == Ended(0, "", "")
    assert say("peers", "remove", "중앙").code == 1
    assert say("peers", "list", "--json").json() == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--aet", "A"), 2),
        (("--port", "104"), 2),
        (("--aet", "A", "--host", "h", "--user", "joe"), 2),
        (("--dicomweb", "https://h", "--user", "joe", "--bearer"), 2),
        (("--dicomweb", "https://h", "--password-stdin"), 2),
        (("--dicomweb", "https://h", "--user", "joe", "--password-stdin"), 2),
        (("--aet", "A", "--host", "h", "--tls", "1", "2", "3", "4"), 2),
        (("--aet", "A", "--host", "h", "--method", "owl"), 2),
        (("--dicomweb", "https://h", "--oidc", "https://id"), 1),
        (("--aet", "A", "--host", "h", "--port", "70000"), 1),
        (("--aet", "A", "--host", "h h"), 1),
        (("--aet", "A" * 17, "--host", "h"), 1),
        (("--aet", "A", "--host", "h", "--tls", "none.pem"), 1),
        (("--dicomweb", "gopher://h"), 1),
        (("--aet", "A", "--host", "h", "--charset", "latin"), 1),
    ],
)
def test_what_cannot_be_is_one_line_and_adds_nothing(
    tmp_path: Path, say: Say, arguments: tuple[str, ...], code: int
) -> None:
    ended = say("peers", "add", "X", *arguments)
    assert (ended.code, ended.output) == (code, "")
    assert ended.errors
    assert "Traceback" not in ended.errors
    assert not (tmp_path / "config" / "peers.toml").exists()


def test_lists_are_exchanged(tmp_path: Path, say: Say) -> None:
    (tmp_path / "list.csv").write_text("PACS,h,104\nWRONG,h h,104\n")
    ended = say("peers", "import", tmp_path / "list.csv")
    assert ended.code == 0
    assert ended.output == "Added: PACS\n"
    assert "WRONG is left out" in ended.line
    for name in ("list.toml", "list.json"):
        assert say("peers", "export", tmp_path / name) == Ended(0, "", "")
        (tmp_path / "other").mkdir(exist_ok=True)
        say.at(tmp_path / "other", "peers", "import", tmp_path / name)
        (row,) = say.at(tmp_path / "other", "peers", "list", "--json").json()
        assert (row["ae_title"], row["host"]) == ("PACS", "h")
    assert say("peers", "import", tmp_path / "none").code == 1


def test_broken_entries_are_told_and_the_others_listed(tmp_path: Path, say: Say) -> None:
    (tmp_path / "config").mkdir()
    path = tmp_path / "config" / "peers.toml"
    path.write_text('[[peer]]\nname = "x"\n[[peer]]\nname = "y"\nae_title = "Y"\nhost = "h"\n')
    ended = say("peers", "list", "--json")
    assert [row["name"] for row in ended.json()] == ["y"]
    assert "Entry 1 of the list of archives is left out: x" in ended.line
