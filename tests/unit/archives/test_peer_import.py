"""Lists of other programs: what they name is taken, what is hostile is refused, passwords stay where they are."""

import json
from pathlib import Path

import pytest

from viewer.archives.peer_import import read_peers
from viewer.archives.peer_list import PeerList
from viewer.base.errors import NetworkError, SettingsError
from viewer.network.peers import Peer, WebAuthorization, WebPlace
from viewer.network.stations import Station

ORTHANC = """{
  // the modalities
  "DicomModalities" : {
    "sample" : [ "STORESCP", "127.0.0.1", 2000 ],
    /* with a vendor */ "clear" : [ "CLEARCANVAS", "192.168.1.1", 104, "ClearCanvas" ],
    "untrusted" : { "AET" : "ORTHANC", "Port" : 4242, "Host" : "pacs.example.org", "UseDicomTls" : true,
      "AllowGet": false, },
    "bad" : [ "X" ], "worse" : { "AET": "A", "Host": "a b", "Port": 1 }, "http://x" : [ "WEBBY", "h", "104" ]
  },
  "DicomWeb" : { "Servers" : {
    "sample" : [ "http://192.168.1.1/dicom-web/", "alice", "CANARY" ],
    "other" : { "Url" : "https://h/dicom-web/", "Username" : "bob", "Password" : "CANARY",
      "HttpHeaders": {"T": "CANARY"} }
  } }
}"""
WEASIS = """<?xml version="1.0" encoding="UTF-8"?>
<nodes>
 <node description="Main PACS" type="DICOM" usageType="BOTH" tsuid="NONE" aeTitle="DCM4CHEE"
  hostname="dcm.example.org" port="11112"/>
 <node description="Calling" type="DICOM_CALLING" usageType="BOTH" aeTitle="WEASIS" hostname="localhost" port="11113"/>
 <node description="Web" type="WEB" usageType="BOTH" url="https://h/dcm4chee-arc/aets/DCM4CHEE/rs"
  webtype="DICOMWEB" headers="Q0FOQVJZ"/>
 <node description="Printer" type="PRINTER" aeTitle="P" hostname="p" port="104"/>
</nodes>"""
DCMQRSCP = """NetworkTCPPort = 11112
HostTable BEGIN
acme1 = (ACME1, acme.example.org, 5678)
dev   = (DEV, 192.0.2.1, 104)  # a comment
acmeAll = acme1, dev
HostTable END
"""


def _of(tmp_path: Path, text: str | bytes) -> tuple[Peer, ...]:
    path = tmp_path / "list"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_peers(path).peers


def test_orthancs_settings(tmp_path: Path) -> None:
    path = tmp_path / "orthanc.json"
    path.write_text(ORTHANC)
    found = read_peers(path)
    web = WebPlace("http://192.168.1.1/dicom-web", authorization=WebAuthorization.BASIC, user="alice")
    assert found.peers == (
        Peer("sample", Station("STORESCP", "127.0.0.1", 2000), web=web),
        Peer("clear", Station("CLEARCANVAS", "192.168.1.1", 104)),
        Peer("untrusted", Station("ORTHANC", "pacs.example.org", 4242, uses_tls=True)),
        Peer("http: x", Station("WEBBY", "h", 104)),
        Peer("other", web=WebPlace("https://h/dicom-web", authorization=WebAuthorization.BASIC, user="bob")),
    )
    assert [words.partition(" ")[0] for words in found.problems] == ["bad", "worse"]
    assert [words.partition(":")[0] for words in found.notes] == ["sample", "other"]
    assert "CANARY" not in repr(found)


def test_orthancs_answer_to_a_question_for_its_modalities(tmp_path: Path) -> None:
    text = json.dumps({"a": {"AET": "A", "Host": "h", "Port": 104, "AllowEcho": True}})
    assert _of(tmp_path, text) == (Peer("a", Station("A", "h", 104)),)


def test_the_nodes_of_weasis(tmp_path: Path) -> None:
    assert _of(tmp_path, WEASIS) == (
        Peer("Main PACS", Station("DCM4CHEE", "dcm.example.org", 11112)),
        Peer("Web", web=WebPlace("https://h/dcm4chee-arc/aets/DCM4CHEE/rs")),
    )


def test_the_hosts_of_dcmqrscp(tmp_path: Path) -> None:
    assert _of(tmp_path, DCMQRSCP) == (
        Peer("acme1", Station("ACME1", "acme.example.org", 5678)),
        Peer("dev", Station("DEV", "192.0.2.1", 104)),
    )


@pytest.mark.parametrize(
    "text",
    [
        "PACS,pacs.example.org,104\n", "\ufeffAET;Host;Port\r\nPACS;pacs.example.org;104\r\n",
        "PACS\tpacs.example.org\t104",
        '# mine\n"PACS", "pacs.example.org", "104"\n\n', "PACS@pacs.example.org:104\n",
    ],
)  # fmt: skip
def test_lines(tmp_path: Path, text: str) -> None:
    assert _of(tmp_path, text) == (Peer("PACS", Station("PACS", "pacs.example.org", 104)),)


def test_lines_may_begin_with_a_name(tmp_path: Path) -> None:
    text = "Name,AE Title,Host,Port\n중앙 PACS,PACS,h,104\n"
    assert _of(tmp_path, text) == (Peer("중앙 PACS", Station("PACS", "h", 104)),)


LAUGHS = '<!DOCTYPE n [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><nodes><node description="&b;"/></nodes>'
EXTERNAL = '<!DOCTYPE n [<!ENTITY a SYSTEM "file:///etc/passwd">]><nodes><node description="&a;"/></nodes>'
HOSTILE = (
    b"", b"\0\1\2", b"\xff\xfe", b"hello", b"{", b"[]", b"{}", b'{"a": 5}' * 2, b"[" * 100_000, b'{"a":' * 100_000,
    LAUGHS.encode(), EXTERNAL.encode(), b"<nodes>", b"<nodes/>", b"<!DOCTYPE html><html></html>", b"<a>" * 100_000,
    b"a,b\n", b'"unclosed\nx,y,z', b"x" * (5 << 20), b"[[peer]]\nname = ", "<nodes><node/></nodes>".encode("utf-16"),
    b'<?xml version="1.0" encoding="UTR-8"?><nodes/>',
)  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_lists_add_nothing_and_are_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "list").write_bytes(data)
    try:
        found = read_peers(tmp_path / "list")
    except NetworkError as error:
        assert error.subject  # noqa: PT017 - either is right
    else:
        assert found.peers == ()
        assert found.problems


@pytest.mark.parametrize("kind", ["folder", "pipe", "nothing"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str) -> None:
    import os

    path = tmp_path / "x"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(NetworkError):
        read_peers(path)


def test_an_import_leaves_what_is_there_and_numbers_what_is_called_like_another(tmp_path: Path) -> None:
    peers = PeerList(tmp_path / "settings")
    peers.add_all([Peer("acme1", Station("OTHER", "x", 1)), Peer("mine", Station("DEV", "192.0.2.1", 104))])
    (tmp_path / "dcmqrscp.cfg").write_text(DCMQRSCP)
    report = peers.import_from(tmp_path / "dcmqrscp.cfg")
    assert [peer.name for peer in report.added] == ["acme1 2"]
    assert report.already == 1
    assert [peer.name for peer in peers.peers()] == ["acme1", "mine", "acme1 2"]
    assert peers.import_from(tmp_path / "dcmqrscp.cfg").added == ()


@pytest.mark.parametrize("name", ["list.toml", "list.json"])
def test_what_is_exported_can_be_imported(tmp_path: Path, name: str) -> None:
    peers, others = PeerList(tmp_path / "a"), PeerList(tmp_path / "b")
    peers.add_all([
        Peer("한 곳", Station("A", "h", 104), web=WebPlace("https://h/w")),
        Peer("B", Station("B", "::1", 2762, uses_tls=True)),
    ])  # fmt: skip
    peers.export_to(tmp_path / name)
    others.import_from(tmp_path / name)
    assert others.peers() == peers.peers()


def test_an_export_goes_nowhere_but_into_a_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        PeerList(tmp_path).export_to(tmp_path)
    with pytest.raises(SettingsError):
        PeerList(tmp_path).export_to(tmp_path / "none" / "x.toml")
