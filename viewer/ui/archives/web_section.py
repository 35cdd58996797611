"""How an archive is called on the web: its DICOMweb root, and how we say who we are."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from viewer.archives.peer_checks import is_open_to_listeners
from viewer.archives.secrets import SecretKind
from viewer.base.translation import _
from viewer.network.peers import Peer, WebAuthorization, WebPlace
from viewer.ui.archives.peer_section import Fold, PeerSection, add_row, choose_value
from viewer.ui.buttons import push_button
from viewer.ui.pieces import caution, coloured, form, paragraph
from viewer.ui.theme import colours

_LONGEST_URL, _LONGEST_SECRET = 2048, 32 * 1024
_OTHER_ROOTS = ("search_root", "retrieve_root", "store_root", "uri_root")
_ROWS = {
    WebAuthorization.NONE: (),
    WebAuthorization.BASIC: ("user", "password"),
    WebAuthorization.BEARER: ("bearer",),
    WebAuthorization.OIDC: ("issuer", "client_id", "scope", "sign_in"),
}
"""Which rows belong to a way of signing in."""


class WebSection(PeerSection):
    """The DICOMweb place, and the secrets that are typed for it; those that are kept are never shown.

    Args:
        sign_in: Called when the reader wants to sign in with OpenID Connect.
    """

    def __init__(self, sign_in: Callable[[], None]) -> None:
        super().__init__(_("DICOMweb"))
        self.is_on = QCheckBox(_("It is called on the web (QIDO-RS, WADO-RS, STOW-RS)"))
        self.root = self._line("root", _("Address (URL)"), longest=_LONGEST_URL)
        self.root.setPlaceholderText("https://pacs.example.org/dicom-web")
        self.way = self._choice("authorization", _("Signing in"), _ways())
        self.user = self._line("user", _("User"))
        self.issuer = self._line("issuer", _("OpenID provider (URL)"), longest=_LONGEST_URL)
        self.client_id = self._line("client_id", _("Client ID"))
        self.scope = self._line("scope", _("Scope"))
        self.secrets = {
            SecretKind.PASSWORD.value: self._secret("password", _("Password")),
            SecretKind.TOKEN.value: self._secret("bearer", _("Token")),
        }
        self._others = {name: self._line(name, title, longest=_LONGEST_URL) for name, title in _roots()}
        self._signed_in = paragraph()
        self._where, self._listeners = paragraph(is_quiet=True), caution()
        self._sign_in = push_button(_("Sign in…"), sign_in)
        self._form = form()
        self._rows: dict[str, QWidget] = {}
        self._is_kept: bool | None = None
        self._lay_out()
        self.is_on.clicked.connect(lambda _is_on: self.changed.emit())
        self.is_on.toggled.connect(self._body.setVisible)
        self.way.currentIndexChanged.connect(lambda _row: self._show_way())
        self.root.textChanged.connect(lambda _text: self._show_listeners())

    def show_peer(self, peer: Peer) -> None:
        """Show the place; what was typed of secrets is gone."""
        web = peer.web or WebPlace("")
        self.is_on.setChecked(peer.web is not None)
        self._body.setVisible(peer.web is not None)
        self.root.setText(web.root)
        choose_value(self.way, web.authorization.value)
        self.user.setText(web.user)
        self.issuer.setText(web.issuer)
        self.client_id.setText(web.client_id)
        self.scope.setText(web.scope)
        for name, field in self._others.items():
            field.setText(getattr(web, name))
        self._fold.open(is_open=any(getattr(web, name) for name in _OTHER_ROOTS))
        for secret in self.secrets.values():
            secret.clear()
        self.show_known(is_known=False)
        self._show_way()

    def applied(self, peer: Peer) -> Peer:
        """Return an archive with this place."""
        if not self.is_on.isChecked():
            return replace(peer, web=None)
        way = self._way
        others = {name: field.text().strip() for name, field in self._others.items()}
        is_oidc = way is WebAuthorization.OIDC
        return replace(
            peer,
            web=WebPlace(
                self.root.text().strip(),
                authorization=way,
                user=self.user.text().strip() if way is WebAuthorization.BASIC else "",
                issuer=self.issuer.text().strip() if is_oidc else "",
                client_id=self.client_id.text().strip() if is_oidc else "",
                scope=(self.scope.text().strip() or "openid") if is_oidc else "openid",
                **others,
            ),
        )

    @property
    def typed(self) -> dict[str, str]:
        """The secrets that were typed, by SecretKind."""
        kinds = {WebAuthorization.BASIC: SecretKind.PASSWORD, WebAuthorization.BEARER: SecretKind.TOKEN}
        kind = kinds.get(self._way)
        if kind is None or not self.is_on.isChecked() or not (text := self.secrets[kind.value].text()):
            return {}
        return {kind.value: text}

    def show_known(self, *, is_known: bool) -> None:
        """Say whether a secret is known; it is never shown."""
        for field in self.secrets.values():
            field.setPlaceholderText(_("known; type another to change it") if is_known else "")
        self._signed_in.setText(_("Signed in") if is_known else _("Not signed in"))
        coloured(self._signed_in, colours().good if is_known else colours().secondary)

    def show_where_kept(self, *, is_kept: bool) -> None:
        """Say whether secrets outlast the program."""
        self._is_kept = is_kept
        self._show_way()

    @property
    def _way(self) -> WebAuthorization:
        return WebAuthorization(self.way.currentData() or WebAuthorization.NONE)

    def _show_way(self) -> None:
        way = self._way
        shown = _ROWS[way]
        for name, widget in self._rows.items():
            self._form.setRowVisible(widget, name in shown)
        words = ""
        if way is not WebAuthorization.NONE and self._is_kept is not None:
            words = (
                _("Kept in this computer's keyring, never in a file")
                if self._is_kept
                else _("This computer has no keyring: it is known only until the program ends, and asked for again")
            )
        self._where.setText(words)
        self._where.setVisible(bool(words))
        self._show_listeners()

    def _show_listeners(self) -> None:
        is_told = self._way is not WebAuthorization.NONE and self.root.text().strip().startswith("http:")
        is_open = is_told and is_open_to_listeners(self.root.text().strip())
        self._listeners.setVisible(is_open)

    def _lay_out(self) -> None:
        self._listeners.setText(
            "⚠  " + _("Passwords and tokens are not sent to an http URL, where others can read them: use https")
        )
        self._body = QWidget()
        self._form.setContentsMargins(0, 0, 0, 0)
        signing = QWidget()
        line = QHBoxLayout(signing)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._sign_in)
        line.addWidget(self._signed_in, 1)
        add_row(self._form, _("Address (URL)"), self.root)
        add_row(self._form, _("Signing in"), self.way)
        for name, title, widget in (
            ("user", _("User"), self.user),
            ("password", _("Password"), self.secrets[SecretKind.PASSWORD.value]),
            ("bearer", _("Token"), self.secrets[SecretKind.TOKEN.value]),
            ("issuer", _("OpenID provider (URL)"), self.issuer),
            ("client_id", _("Client ID"), self.client_id),
            ("scope", _("Scope"), self.scope),
            ("sign_in", "", signing),
        ):
            self._rows[name] = widget
            add_row(self._form, title, widget)
        self._fold = Fold(_("Other addresses for some services"))
        others = form()
        for name, title in _roots():
            add_row(others, title, self._others[name])
        self._fold.column.addLayout(others)
        column = self._column_of(self._body)
        column.addLayout(self._form)
        column.addWidget(self._where)
        column.addWidget(self._listeners)
        column.addWidget(self._fold)
        self.column.addWidget(self.is_on)
        self.column.addWidget(self._body)

    @staticmethod
    def _column_of(body: QWidget) -> QVBoxLayout:
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        return column

    def _secret(self, name: str, title: str) -> QLineEdit:
        field = self._line(name, title, longest=_LONGEST_SECRET)
        field.setEchoMode(QLineEdit.EchoMode.Password)
        return field


def _ways() -> tuple[tuple[str, str], ...]:
    return (
        (WebAuthorization.NONE.value, _("not needed")),
        (WebAuthorization.BASIC.value, _("with user and password")),
        (WebAuthorization.BEARER.value, _("with a token")),
        (WebAuthorization.OIDC.value, _("with OpenID Connect, in the browser")),
    )


def _roots() -> tuple[tuple[str, str], ...]:
    titles = (_("Search (QIDO-RS)"), _("Fetch (WADO-RS)"), _("Store (STOW-RS)"), _("Fetch (WADO-URI)"))
    return tuple(zip(_OTHER_ROOTS, titles, strict=True))
