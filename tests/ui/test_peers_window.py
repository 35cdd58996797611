"""The window of archives: entered, tested, examined, paired, signed in to, removed and put back, with real peers."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from tests.builders.certificates import Issued, issued
from tests.builders.misbehaving import MisbehavingProxy
from tests.builders.peer_servers import StoreScp, free_port
from tests.builders.scripted_web import ScriptedWeb, WebAnswer, WebRequest
from tests.ui.flow_steps import wait_for
from tests.ui.library_window import library_program
from tests.ui.program_window import HOSTILE, all_widgets
from tests.ui.reception_scene import button
from viewer.application.programme import Programme
from viewer.archives.peer_list import PeerList
from viewer.archives.secrets import Secrets
from viewer.network.peers import Peer, RetrieveMethod, WebAuthorization, WebPlace
from viewer.network.stations import Station
from viewer.ui.archives.pairing_dialog import PairingDialog
from viewer.ui.archives.peers_window import PeersWindow
from viewer.ui.archives.sign_in_dialog import SignInDialog
from viewer.ui.main_window import MainWindow
from viewer.workspace.peer_states import Answer

SECRET = "correct horse battery"  # noqa: S105 - of nobody


@pytest.fixture(scope="module")
def storescp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreScp]:
    with StoreScp(tmp_path_factory.mktemp("storescp")) as server:
        yield server


@pytest.fixture
def programme(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Programme]:
    monkeypatch.setattr(Secrets, "_keyring", lambda _self: None)  # the reader's own is left alone
    (tmp_path / "config").mkdir()
    with library_program(qapp, tmp_path) as programme:
        yield programme


def opened(programme: Programme, *peers: Peer) -> tuple[MainWindow, PeersWindow]:
    """Open the window by its command, with archives in the list."""
    if peers:
        PeerList(programme.settings.folder).add_all(peers)
    main = programme.open_window((1280, 800))
    main.actions_table.run("archive.peers")
    shown = next(each for each in QApplication.topLevelWidgets() if isinstance(each, PeersWindow) and each.isVisible())
    wait_for(lambda: programme.exchange.desk.peers is not None and len(shown.names.shown) == len(peers))
    return main, shown


def kept(programme: Programme) -> tuple[Peer, ...]:
    return PeerList(programme.settings.folder).peers()


def field(shown: QWidget, name: str) -> QLineEdit:
    (found,) = shown.findChildren(QLineEdit, name)
    return found


def type_into(line: QLineEdit, text: str) -> None:
    line.setFocus()
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Delete)
    QTest.keyClicks(line, text)


def visible(kind: "type[QWidget]") -> QWidget | None:
    return next((each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()), None)


def test_an_archive_is_entered_tested_and_kept(programme: Programme, storescp: StoreScp) -> None:
    _main, shown = opened(programme)
    assert shown.notice.isVisible()
    shown.add_button.click()
    editor = shown.editor
    assert not editor.keep_button.isEnabled()
    type_into(field(shown, "name"), "Radiology")
    type_into(field(shown, "host"), f"STORESCP@127.0.0.1:{storescp.port}")
    field(shown, "host").editingFinished.emit()
    assert (field(shown, "ae_title").text(), field(shown, "host").text()) == ("STORESCP", "127.0.0.1")
    editor.test.click()
    wait_for(lambda: "answered in" in editor._state.text(), editor._state.text())
    assert kept(programme) == ()
    editor.keep_button.click()
    wait_for(lambda: kept(programme))
    assert kept(programme) == (Peer("Radiology", Station("STORESCP", "127.0.0.1", storescp.port)),)
    wait_for(lambda: shown.names.name == "Radiology")
    assert not editor.draft.is_changed
    wait_for(lambda: programme.archives.desk.names == ("Radiology",), "the tab does not know it")


def test_the_window_is_reached_from_the_empty_list_and_used_by_keys_alone(programme: Programme) -> None:
    main = programme.open_window((1280, 800))
    page = main.show_archives()
    wait_for(lambda: programme.archives.desk.peers is not None)
    button(page.notice, "Add an archive…").click()
    wait_for(lambda: visible(PeersWindow) is not None)
    shown = visible(PeersWindow)
    assert isinstance(shown, PeersWindow)
    wait_for(shown.notice.isVisible)
    shown.activateWindow()
    wait_for(shown.isActiveWindow)
    QTest.keyClick(shown, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    focused = shown.focusWidget()
    assert focused is field(shown, "name")
    QTest.keyClicks(focused, "PACS")
    type_into(field(shown, "ae_title"), "PACS")
    type_into(field(shown, "host"), "pacs.example.org")
    QTest.keyClick(shown, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    wait_for(lambda: kept(programme) == (Peer("PACS", Station("PACS", "pacs.example.org")),))


def test_what_cannot_be_is_said_where_it_is_typed(programme: Programme) -> None:
    _main, shown = opened(programme)
    shown.add_button.click()
    type_into(field(shown, "name"), "Radiology")
    type_into(field(shown, "ae_title"), "PACS")
    type_into(field(shown, "host"), "no host!")
    assert "no name or address" in shown.editor._trouble.text()
    assert not shown.editor.keep_button.isEnabled()
    type_into(field(shown, "host"), "pacs.example.org")
    assert shown.editor.keep_button.isEnabled()
    shown.editor.take_back_button.click()
    assert field(shown, "host").text() == ""


def test_the_doctor_shows_each_step_and_is_copied_without_secrets(programme: Programme, storescp: StoreScp) -> None:
    peer = Peer("Radiology", Station("STORESCP", "127.0.0.1", storescp.port))
    main, shown = opened(programme, peer)
    main.actions_table.run("archive.doctor")
    doctor = shown.editor.doctor
    wait_for(lambda: "fail" in doctor.verdict, doctor.verdict)
    assert any("accepts us" in words for words in doctor.words)
    assert not doctor.stop.isVisible()
    doctor.copy.click()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Radiology\n")
    assert "good: Echo" in text
    assert "→ " in text


def test_nobody_is_there(programme: Programme) -> None:
    _main, shown = opened(programme, Peer("Off", Station("NOBODY", "127.0.0.1", free_port())))
    shown.names.choose("Off")
    shown.test_all()
    wait_for(lambda: programme.exchange.desk.state_of("Off").answer is Answer.BAD)
    (row,) = shown.names.shown
    assert "nothing listens" in row.state.words
    assert shown.editor._fix.text().startswith("→ ")


def test_an_archive_is_removed_and_put_back_with_its_password(programme: Programme) -> None:
    web = WebPlace("https://pacs.example.org/dicom-web", authorization=WebAuthorization.BASIC, user="reader")
    _main, shown = opened(programme, Peer("Web", web=web))
    shown.names.choose("Web")
    type_into(field(shown, "password"), SECRET)
    shown.editor.keep_button.click()
    wait_for(lambda: not shown.editor.draft.is_changed)
    assert "until the program ends" in shown.editor._words.text()
    assert field(shown, "password").text() == ""
    wait_for(lambda: "known" in field(shown, "password").placeholderText())
    assert SECRET not in (programme.settings.folder / "peers.toml").read_text("utf-8")
    QTest.keyClick(shown.names, Qt.Key.Key_Delete)
    wait_for(lambda: not kept(programme) and shown.strip.isVisible())
    secrets = programme.archives.calls.secrets
    assert SECRET not in secrets.of_this_process().values()
    shown.strip.button.click()
    wait_for(lambda: kept(programme) == (Peer("Web", web=web),))
    wait_for(lambda: SECRET in secrets.of_this_process().values())


def test_an_archive_that_moves_elsewhere_is_asked_for_its_password_again(programme: Programme) -> None:
    web = WebPlace("https://pacs.example.org/dicom-web", authorization=WebAuthorization.BASIC, user="reader")
    _main, shown = opened(programme, Peer("Web", web=web))
    shown.names.choose("Web")
    type_into(field(shown, "password"), SECRET)
    shown.editor.keep_button.click()
    wait_for(lambda: not shown.editor.draft.is_changed)
    type_into(field(shown, "name"), "Renamed")
    shown.editor.keep_button.click()
    wait_for(lambda: not shown.editor.draft.is_changed)
    assert [peer.name for peer in kept(programme)] == ["Renamed"]
    secrets = programme.archives.calls.secrets
    assert list(secrets.of_this_process().values()) == [SECRET]
    type_into(field(shown, "root"), "https://elsewhere.example.org/dicom-web")
    shown.editor.keep_button.click()
    wait_for(lambda: not shown.editor.draft.is_changed)
    assert not secrets.of_this_process()


def test_everything_that_is_set_of_an_archive_comes_back(programme: Programme) -> None:
    from viewer.network.peers import PeerTls, Quirks

    peer = Peer(
        "All",
        Station("PACS", "pacs.example.org", 2762, uses_tls=True),
        PeerTls("ca.pem", certificate="own.pem", key="own.key"),
        WebPlace(
            "https://a.example.org/w", "https://b.example.org/q", "https://c.example.org/r", "https://d.example.org/s",
            "https://e.example.org/u", WebAuthorization.OIDC, issuer="https://login.example.org", client_id="ng",
            scope="openid offline",
        ),
        Quirks(
            "US", "ISO 2022 IR 149", 32768, True, True, True, False, ("ModalitiesInStudy",), ("OTHER", "THIRD"), 4, 90
        ),
        RetrieveMethod.MOVE,
        is_hidden=True,
    )  # fmt: skip
    _main, shown = opened(programme, peer)
    shown.names.choose("All")
    assert shown.editor.draft.peer == peer
    assert not shown.editor.draft.is_changed


def test_what_is_being_changed_waits_while_others_are_looked_at(programme: Programme) -> None:
    one, two = (Peer(name, Station(name, "pacs.example.org")) for name in ("ONE", "TWO"))
    _main, shown = opened(programme, one, two)
    shown.names.choose("ONE")
    type_into(field(shown, "ae_title"), "OTHER")
    shown.names.choose("TWO")
    assert field(shown, "ae_title").text() == "TWO"
    assert [row.is_changed for row in shown.names.shown] == [True, False]
    shown.names.choose("ONE")
    assert field(shown, "ae_title").text() == "OTHER"
    shown.reject()
    assert shown.isVisible()  # said first
    assert "ONE" in shown.strip._text.text()
    shown.reject()
    assert not shown.isVisible()
    assert kept(programme) == (one, two)


def test_lists_are_imported_and_exported(programme: Programme, tmp_path: Path) -> None:
    _main, shown = opened(programme)
    table = {"DicomModalities": {"sample": ["STORESCP", "127.0.0.1", 2000], "bad": ["X" * 40, "127.0.0.1", 1]}}
    (tmp_path / "orthanc.json").write_text(json.dumps(table), "utf-8")
    shown.import_from(tmp_path / "orthanc.json")
    wait_for(lambda: shown.names.name == "sample")
    assert "1 archive was added" in shown.strip._text.text()
    assert "bad is left out" in shown.strip._text.text()
    shown.export_to(tmp_path / "mine.toml")
    wait_for((tmp_path / "mine.toml").is_file)
    assert PeerList(tmp_path / "other").import_from(tmp_path / "mine.toml").added == kept(programme)


def server_context(certificate: Issued) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def test_an_archive_is_paired_after_its_fingerprint_was_compared(
    programme: Programme, storescp: StoreScp, tmp_path: Path
) -> None:
    theirs = issued(tmp_path / "pem", "theirs", hosts=("device.example.org",))
    other = issued(tmp_path / "pem", "other")
    with MisbehavingProxy(storescp.address, tls=server_context(theirs)) as safe:
        station = Station("STORESCP", "127.0.0.1", safe.port, uses_tls=True)
        _main, shown = opened(programme, Peer("Safe", station))
        shown.names.choose("Safe")
        editor = shown.editor
        editor.ask()
        wait_for(lambda: "signed by itself" in editor._state.text(), editor._state.text())
        editor.compare()
        wait_for(lambda: visible(PairingDialog) is not None)
        dialog = visible(PairingDialog)
        assert isinstance(dialog, PairingDialog)
        words = [label.accessibleName() for label in dialog.findChildren(QWidget)]
        assert bytes.fromhex(theirs.sha256).hex(":").upper() in words
        dialog.field.setText(other.sha256)
        assert "Not the same" in dialog.verdict
        assert not dialog.pair.isEnabled()
        dialog.field.setText(" ".join(theirs.sha256[n : n + 4] for n in range(0, 64, 4)))
        assert dialog.verdict == "The same"
        dialog.pair.click()
        wait_for(lambda: editor.draft.peer.tls.is_paired and editor.draft.is_changed)
        editor.keep_button.click()
        wait_for(lambda: kept(programme)[0].tls.is_paired)
        editor.ask()
        wait_for(lambda: "answered in" in editor._state.text(), editor._state.text())


class Provider(ScriptedWeb):
    """An OpenID provider that lets in after the second poll."""

    def __init__(self) -> None:
        super().__init__(self.answer)
        self.polls = 0

    def answer(self, request: WebRequest) -> WebAnswer:
        fields = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if request.path == "/.well-known/openid-configuration":
            return _json({"issuer": self.root, "token_endpoint": f"{self.root}/token",
                          "device_authorization_endpoint": f"{self.root}/device"})  # fmt: skip
        if request.path == "/device":
            assert fields["client_id"] == "ng"
            return _json({"device_code": "secret", "user_code": "ABCD-EFGH", "interval": 1, "expires_in": 600,
                          "verification_uri": f"{self.root}/here"})  # fmt: skip
        self.polls += 1
        if self.polls == 1:
            return _json({"error": "authorization_pending"}, 400)
        return _json({"access_token": "access", "token_type": "Bearer", "refresh_token": "refresh", "expires_in": 60})


def _json(found: object, status: int = 200) -> WebAnswer:
    return WebAnswer(status, {"Content-Type": "application/json"}, json.dumps(found).encode())


def test_somebody_signs_in_with_a_code_while_the_window_waits(programme: Programme) -> None:
    with Provider() as server:
        way = WebAuthorization.OIDC
        web = WebPlace("https://pacs.example.org/w", authorization=way, issuer=server.root, client_id="ng")
        _main, shown = opened(programme, Peer("Web", web=web))
        shown.names.choose("Web")
        shown.editor.sign_in()
        wait_for(lambda: visible(SignInDialog) is not None)
        dialog = visible(SignInDialog)
        assert isinstance(dialog, SignInDialog)
        wait_for(lambda: dialog.code.text() == "ABCD-EFGH")
        assert dialog.url.text() == f"{server.root}/here"
        wait_for(lambda: visible(SignInDialog) is None, "nobody was let in")
        web_section = shown.editor._web
        wait_for(lambda: web_section._signed_in.text() == "Signed in")


def test_what_the_archive_must_know_of_this_computer_is_copied(programme: Programme) -> None:
    _main, shown = opened(programme, Peer("Here", Station("PACS", "127.0.0.1", 104)))
    shown.names.choose("Here")
    own = shown.editor._own
    wait_for(lambda: own.place.text() == "127.0.0.1")
    own.copy.click()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines == ["AE title: NEGATOSCOPE", "Address: 127.0.0.1", "Port: 11112 (without TLS)"]


def test_names_of_archives_are_never_taken_for_markup(programme: Programme) -> None:
    name = HOSTILE.replace("/", "").replace("\\", "")[:60]
    _main, shown = opened(programme, Peer(name, Station("PACS", "127.0.0.1", free_port())))
    shown.names.choose(name)
    for widget in all_widgets(shown):
        text_format = getattr(widget, "textFormat", None)
        if text_format is not None and name in widget.text():  # type: ignore[attr-defined] # labels have both
            assert text_format() == Qt.TextFormat.PlainText
    tip = shown.names.item(0).toolTip()
    assert "<img" not in tip


def test_everything_has_a_name_for_screen_readers_and_a_place_for_the_keyboard(programme: Programme) -> None:
    _main, shown = opened(programme, Peer("PACS", Station("PACS", "127.0.0.1", 104)))
    shown.names.choose("PACS")
    for line in shown.findChildren(QLineEdit):
        if (
            line.isVisible()
            and line.focusPolicy() & Qt.FocusPolicy.TabFocus
            and line.objectName() != "qt_spinbox_lineedit"
        ):
            assert line.accessibleName(), line.objectName()
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()
