"""Archives and ways that misbehave, met by the program's own commands: each ends in one clear line, and loses nothing.

Whatever was done to it, a command that is run again without that completes, and what is kept is whole all along.
"""

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.archive_hostility import Desk, Hurry, right
from tests.builders.misbehaving import MisbehavingProxy, Mischief
from tests.builders.peer_servers import ORTHANC, Orthanc, OrthancOptions, free_port
from tests.builders.retrieving import study_of
from tests.builders.sent_instances import SentInstance
from tests.builders.serving_library import keep_together, write_files
from tests.flows.command_line import Ended
from viewer.library.library import Library

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs Orthanc"),
]
COUNT, SIZE = 4, 6000


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Hurry:
    return Hurry(monkeypatch)


@dataclass(frozen=True)
class Archive:
    """Orthanc, ways to it that can be spoilt, and what it holds."""

    orthanc: Orthanc
    dimse: MisbehavingProxy
    web: MisbehavingProxy
    made: Sequence[SentInstance]
    port: int

    def spoil(self, mischief: Mischief) -> None:
        for way in (self.dimse, self.web):
            way.spoil(mischief)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder, port = tmp_path_factory.mktemp("archive"), free_port()
    made = study_of(COUNT, series=2, size=SIZE)
    options = OrthancOptions(has_web=True, modalities={"NEGATOSCOPE": ("127.0.0.1", port)})
    with Orthanc(folder / "orthanc", options) as orthanc:
        orthanc.keep(write_files(folder / "files", made))
        with (
            MisbehavingProxy(orthanc.address) as dimse,
            MisbehavingProxy(("127.0.0.1", orthanc.web_port)) as web,
        ):
            yield Archive(orthanc, dimse, web, made, port)


@pytest.fixture
def desk(tmp_path: Path, archive: Archive) -> Desk:
    desk = Desk(tmp_path)
    desk.enter("A", "ORTHANC", archive.dimse.port)
    desk.enter_web("W", f"http://127.0.0.1:{archive.web.port}/dicom-web")
    return desk


_LABELS = (f"h{number}" for number in itertools.count())


class Errand:
    """Something that is asked of the archive again and again, and what must be so when it is done.

    Attributes:
        wait_s: For what comes later.
        is_spoilt: Whether bytes were changed on their way.
    """

    wait_s = 0.5
    is_spoilt = False

    def __init__(self, desk: Desk, archive: Archive, number: int) -> None:
        # Each with settings and a library of its own; the list of archives is the same.
        self.desk, self.archive = Desk(desk.folder / str(number)), archive
        self.desk.enter("A", "ORTHANC", archive.dimse.port)
        self.desk.enter_web("W", f"http://127.0.0.1:{archive.web.port}/dicom-web")

    def run(self) -> Ended:
        raise NotImplementedError

    def check(self, ended: Ended) -> None:
        """See that it is complete."""
        raise NotImplementedError

    def check_so_far(self) -> None:
        """See that what there is is right, after whatever happened."""
        right(self.desk.held(), self.archive.made)


class Find(Errand):
    name = "A"

    def run(self) -> Ended:
        keys = ("--level", "series", f"StudyInstanceUID={self.archive.made[0].study_instance_uid}")
        return self.desk.run("find", self.name, *keys, "--json")

    def check(self, ended: Ended) -> None:
        found = {row["SeriesInstanceUID"] for row in ended.json()}
        assert found == {one.series_instance_uid for one in self.archive.made}


class FindWeb(Find):
    name = "W"


class Get(Errand):
    name, method = "A", "get"

    def run(self) -> Ended:
        study = self.archive.made[0].study_instance_uid
        return self.desk.run(
            "get", self.name, "--study", study, "--method", self.method, "--port", self.archive.port, "--json"
        )

    def check(self, ended: Ended) -> None:
        assert ended.json()["missing"] == []
        assert right(self.desk.held(), self.archive.made) == COUNT


class Move(Get):
    method = "move"


class GetWeb(Get):
    name, method = "W", "web"


class Send(Errand):
    name = "A"

    def __init__(self, desk: Desk, archive: Archive, number: int) -> None:
        super().__init__(desk, archive, number)
        self.made = study_of(3, size=SIZE, label=next(_LABELS))
        self.files = write_files(self.desk.folder / "files", self.made)
        with Library(self.desk.library, reserve_bytes=0) as library:
            keep_together(library, self.files)

    def run(self) -> Ended:
        return self.desk.run("send", self.name, self.desk.folder / "files", "--json")

    def check(self, ended: Ended) -> None:
        assert all(row["sent"] for row in ended.json())
        # What is changed on a way without TLS, nobody can see.
        if not self.is_spoilt:
            held = self.archive.orthanc.held()
            assert all(held.get(one.sop_instance_uid) == one.pixels_sha256 for one in self.made)


class Stow(Send):
    name = "W"


class Commit(Send):
    def __init__(self, desk: Desk, archive: Archive, number: int) -> None:
        super().__init__(desk, archive, number)
        archive.orthanc.keep(self.files)

    def run(self) -> Ended:
        uid = self.made[0].study_instance_uid
        return self.desk.run("commit", "A", uid, "--wait", self.wait_s, "--port", self.archive.port, "--json")

    def check(self, ended: Ended) -> None:
        assert ended.json()["state"] == "committed"


ERRANDS = (Find, FindWeb, Get, Move, GetWeb, Send, Stow, Commit)
REFUSED, SILENT, GARBAGE = Mischief(is_refused=True), Mischief(silent_down=250), Mischief(garbage_down=2)
BRIEFLY = (
    REFUSED, Mischief(cut_down=900), Mischief(cut_down=9000, ends_orderly=True), Mischief(cut_up=300), SILENT, GARBAGE,
    Mischief(drop_down=180),
)  # fmt: skip
AT_LENGTH = (
    *(Mischief(cut_down=at) for at in (0, 1, 6, 70, 180, 186, 250, 400, 700, 1500, 3000, 6000, 12_000, 20_000, 26_000)),
    *(Mischief(cut_up=at) for at in (0, 1, 6, 70, 150, 210, 300, 500, 700, 1500, 4000, 7000, 12_000, 19_000)),
    *(Mischief(cut_down=at, ends_orderly=True) for at in (0, 6, 186, 700, 9000)),
    *(Mischief(cut_up=at, ends_orderly=True) for at in (0, 6, 300, 700, 9000)),
    *(Mischief(silent_down=at) for at in (0, 190, 800, 9000)), *(Mischief(silent_up=at) for at in (0, 190, 800, 9000)),
    *(Mischief(garbage_down=at) for at in (0, 4, 60, 186, 200, 240, 300)),
    *(Mischief(garbage_up=at) for at in (0, 4, 60, 200, 240, 300)),
    *(Mischief(drop_down=at) for at in (0, 100, 186, 200, 250, 700, 9000)),
    Mischief(is_refused=True, ends_orderly=True), Mischief(delay_s=0.02),
)  # fmt: skip


def _through(errand: Errand, mischief: Mischief, hurry: Hurry) -> int:
    """Run it over a bad way, then over a good one; return the exit code of the first."""
    errand.is_spoilt = _changes_bytes(mischief)
    errand.archive.spoil(mischief)
    hurry.is_on = True
    try:
        ended = errand.run()
    finally:
        errand.archive.spoil(Mischief())
        hurry.is_on = False
    if not errand.is_spoilt:
        errand.check_so_far()
        if ended.code == 0:
            errand.check(ended)
    errand.wait_s = 60.0
    again = errand.run()
    assert (again.code, again.errors) == (0, ""), (mischief, ended, again)
    errand.check(again)
    return ended.code


def _changes_bytes(mischief: Mischief) -> bool:
    never = Mischief()
    return (mischief.garbage_down, mischief.garbage_up, mischief.drop_down) != (
        never.garbage_down, never.garbage_up, never.drop_down
    )  # fmt: skip


@pytest.mark.parametrize("kind", ERRANDS)
def test_ways_that_break_end_in_one_line_and_what_is_run_again_completes(
    kind: Callable[[Desk, Archive, int], Errand], desk: Desk, archive: Archive, hurry: Hurry
) -> None:
    failed = sum(_through(kind(desk, archive, number), each, hurry) for number, each in enumerate(BRIEFLY))
    assert failed >= 3


@pytest.mark.campaign
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ERRANDS)
def test_many_ways_that_break(
    kind: Callable[[Desk, Archive, int], Errand], desk: Desk, archive: Archive, hurry: Hurry
) -> None:
    failed = sum(_through(kind(desk, archive, number), each, hurry) for number, each in enumerate(AT_LENGTH))
    print(f"{kind.__name__}: {failed} of {len(AT_LENGTH)} ways failed in one line; all complete when run again")


_CUTS = 240
"""Of each kind of retrieve; each leaves another number of whole images."""


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", [Get, Move, GetWeb])
@pytest.mark.parametrize("is_orderly", [False, True])
def test_a_retrieve_cut_at_every_so_many_bytes_has_no_hole_when_it_is_resumed(
    kind: type[Get], desk: Desk, archive: Archive, hurry: Hurry, is_orderly: bool
) -> None:
    whole = COUNT * (SIZE + 1200)
    came = [0] * (COUNT + 1)
    for number in range(_CUTS):
        errand = kind(desk, archive, number)
        hurry.is_on = True
        # What comes by C-MOVE does not come on the way that is cut: only its answers do.
        archive.spoil(Mischief(cut_down=number * (1500 if kind is Move else whole) // _CUTS, ends_orderly=is_orderly))
        ended = errand.run()
        archive.spoil(Mischief())
        hurry.is_on = False
        held = right(errand.desk.held(), archive.made)
        came[held] += 1
        assert ended.code == (held < COUNT) or (ended.code == 1 and held == COUNT), (number, held, ended)
        again = errand.run()
        assert (again.code, again.errors) == (0, ""), (number, again)
        errand.check(again)
    by_count = ", ".join(f"{count} after {times}" for count, times in enumerate(came))
    print(f"{kind.__name__}: {_CUTS} cuts; images there ({by_count}); all {COUNT} after each was resumed, 0 holes")
