"""The archives as their window has them: listed, changed, asked whether they are there, examined, paired.

Nothing here reads a file, a keyring or the network on the thread that calls; answers come on that thread.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from viewer.archives.doctor import Diagnosis, Step, examine, not_opened
from viewer.archives.found_peers import FoundPeer, found_peers
from viewer.archives.pairing import ShownCertificate, forget_pairing, paired, shown_by
from viewer.archives.peer_list import ImportReport, PeerList
from viewer.archives.secrets import SecretKind, Secrets
from viewer.archives.web_access import PeerSecrets
from viewer.base.errors import ViewerError
from viewer.base.events import Event
from viewer.base.jobs import NETWORK, JobHandle, JobRunner, Progress
from viewer.base.translation import _
from viewer.network.certificates import CertificateFacts, read_certificates
from viewer.network.peers import Peer, WebAuthorization
from viewer.reception.receiver_settings import ReceiverSettings
from viewer.workspace.peer_calls import SecretStore, TypedSecrets, asked, move_secrets, own_address, secret_kind_of
from viewer.workspace.peer_states import Answer, KeptPeer, PeerState, Removal, state_of_diagnosis

if TYPE_CHECKING:
    from viewer.archives.access import Access

T = TypeVar("T")
Failed = Callable[[ViewerError], None]
Prompt = Callable[[str, str], None]


class PeerProgramme(Protocol):
    """What the program knows that archives are called with."""

    @property
    def folder(self) -> Path:
        """Of the settings."""

    @property
    def receiver(self) -> ReceiverSettings:
        """What we call ourselves, and where we receive."""

    @property
    def secrets(self) -> Secrets:
        """What lets us into archives."""


class PeerDesk:
    """The list of archives for the windows that change it.

    Args:
        programme: What archives are called with.
        runner: Does the work.
        deliver: Brings answers of work that goes on to the thread that calls.

    Attributes:
        peers: Those there are; None while nobody has looked.
        problems: What in the list cannot be used, in plain words.
        changed: There are others, or something else is known of one.
    """

    def __init__(
        self, programme: PeerProgramme, runner: JobRunner, deliver: Callable[[Callable[[], None]], None]
    ) -> None:
        self.peers: tuple[Peer, ...] | None = None
        self.problems: tuple[str, ...] = ()
        self.changed: Event[None] = Event()
        self._programme, self._runner, self._deliver = programme, runner, deliver
        self._states: dict[str, PeerState] = {}

    @property
    def receiver(self) -> ReceiverSettings:
        """What we call ourselves, and where we receive."""
        return self._programme.receiver

    @property
    def folder(self) -> Path:
        """Of the settings."""
        return self._programme.folder

    def state_of(self, name: str) -> PeerState:
        """Return what is known of an archive."""
        return self._states.get(name, PeerState())

    # The list

    def look(self, done: Callable[[], None] | None = None) -> None:
        """See which archives there are; another program may have changed the list."""

        def seen(found: tuple[tuple[Peer, ...], tuple[str, ...]]) -> None:
            if found != (self.peers, self.problems):
                self.peers, self.problems = found
                self.changed.emit(None)
            if done is not None:
                done()

        self._do(lambda: (self._list.peers(), self._list.problems), seen, lambda _error: None, key="peers")

    def keep(
        self,
        name: str,
        peer: Peer,
        secrets: Mapping[str, str],
        done: Callable[[KeptPeer], None],
        failed: Failed,
    ) -> None:
        """Keep an archive in the place of another, or as a new one where that has no name.

        Args:
            name: Of the archive that it was; empty for a new one.
            peer: As it is to be.
            secrets: Password or token that were typed, by SecretKind.
            done: Gets it as it is kept.
            failed: Gets what is wrong with it.
        """

        def kept(it: KeptPeer) -> None:
            if (name and name != it.peer.name) or (self._known(name) or it.peer) != it.peer:
                self._states.pop(name, None)
            self._follow(done, it)

        self._do(lambda: self._keep(name, peer, secrets), kept, failed)

    def remove(self, name: str, done: Callable[[Removal], None], failed: Failed) -> None:
        """Take an archive off the list; it can be put back until the removal is settled."""
        self._do(lambda: self._remove(name), partial(self._follow, done), failed)

    def put_back(self, removal: Removal, done: Callable[[KeptPeer], None], failed: Failed) -> None:
        """Put an archive back that was removed."""
        self._do(lambda: self._keep("", removal.peer, removal.secrets), partial(self._follow, done), failed)

    def settle(self, removal: Removal) -> None:
        """Forget what would let an archive be put back: its certificate, if no other is known by it."""

        def forget() -> None:
            forget_pairing(removal.peer, self._list.peers(), self.folder)

        self._do(forget, lambda _none: None, lambda _error: None)

    def import_from(self, path: Path, done: Callable[[ImportReport], None], failed: Failed) -> None:
        """Add the archives of another list."""
        self._do(lambda: self._list.import_from(path), partial(self._follow, done), failed)

    def export_to(self, path: Path, done: Callable[[Path], None], failed: Failed) -> None:
        """Write the list for others, without secrets."""

        def export() -> Path:
            self._list.export_to(path)
            return path

        self._do(export, done, failed)

    def find(self, done: Callable[[tuple[FoundPeer, ...]], None], failed: Failed) -> None:
        """Look for archives on this computer, and among the stations that the receiver knows."""
        self._do(lambda: found_peers(self.receiver, self._list.peers()), done, failed, key="find peers")

    # Asking one

    def ask(self, peer: Peer, secrets: Mapping[str, str], told: Callable[[PeerState], None]) -> None:
        """Ask an archive whether it is there, in every way that it is entered with.

        Args:
            peer: As it is written down, or as it would be.
            secrets: Typed, and not kept yet.
            told: Gets what it said.
        """
        receiver, known = self.receiver, self._known(peer.name) == peer
        if known:
            self._note(peer.name, PeerState(Answer.ASKING, _("asking…")))

        def answered(state: PeerState) -> None:
            if known:
                self._note(peer.name, state)
            told(state)

        def failed(error: ViewerError) -> None:
            answered(PeerState(Answer.BAD, str(error), error.advice))

        self._do(lambda: asked(self._access(peer, secrets, receiver)), answered, failed, key=f"echo {peer.name}")

    def examine(
        self,
        peer: Peer,
        secrets: Mapping[str, str],
        tell: Callable[[Step], None],
        done: Callable[[Diagnosis], None],
    ) -> JobHandle[Diagnosis]:
        """Examine an archive step by step; nothing is told after the handle was cancelled.

        Args:
            peer: Which.
            secrets: Typed, and not kept yet.
            tell: Told of each step as it ends.
            done: Gets all of them.
        """
        receiver = self.receiver
        handles: list[JobHandle[Diagnosis]] = []

        def show(step: Step) -> None:
            if handles and not handles[0].progress.is_cancelled:
                tell(step)

        def work(progress: Progress) -> Diagnosis:
            try:
                access = self._access(peer, secrets, receiver)
            except ViewerError as error:
                diagnosis = not_opened(peer.name, error)
                for step in diagnosis.steps:
                    self._deliver(partial(show, step))
                return diagnosis
            return examine(
                access, receiver, lambda step: self._deliver(partial(show, step)), lambda: progress.is_cancelled
            )

        def ended(diagnosis: Diagnosis) -> None:
            if self._known(peer.name) == peer:
                self._note(peer.name, state_of_diagnosis(diagnosis))
            done(diagnosis)

        handle = self._runner.submit(_Call(work), lane=NETWORK, key=f"examine {peer.name}", done=ended)
        handles.append(handle)
        return handle

    def shown_by(
        self, peer: Peer, done: Callable[[tuple[ShownCertificate, ...], tuple[str, ...]], None], failed: Failed
    ) -> None:
        """Find out what certificates an archive shows now, and the fingerprints by which it was known until now."""

        def look() -> tuple[tuple[ShownCertificate, ...], tuple[str, ...]]:
            before: tuple[str, ...] = ()
            if peer.tls.is_paired and (path := self.folder / peer.tls.authority).is_file():
                before = tuple(each.fingerprint for each in read_certificates(path))
            return shown_by(peer), before

        self._do(look, lambda found: done(*found), failed)

    def pair(self, peer: Peer, shown: Sequence[ShownCertificate], done: Callable[[Peer], None], failed: Failed) -> None:
        """Keep what a person has accepted; the archive that is returned is only known by it, once it is kept."""
        self._do(lambda: paired(peer, shown, self.folder), done, failed)

    def facts_of(self, path: str, done: Callable[[tuple[CertificateFacts, ...]], None], failed: Failed) -> None:
        """Read what the certificates of a PEM file say."""
        self._do(lambda: read_certificates(self.folder / path), done, failed, key=f"facts {path}")

    def sign_in(self, peer: Peer, prompt: Prompt, done: Callable[[None], None], failed: Failed) -> JobHandle[None]:
        """Sign in with OpenID Connect: prompt is told where, and the code to give there."""

        def work(progress: Progress) -> None:
            from viewer.network.web.authorization import credentials_of

            if peer.web is not None:
                place = replace(peer.web, authorization=WebAuthorization.OIDC)
                kept = SecretStore(PeerSecrets(peer, self._programme.secrets))
                credentials = credentials_of(
                    place, kept, prompt=lambda url, code: self._deliver(lambda: prompt(url, code))
                )
                credentials.header(lambda: progress.is_cancelled)

        return self._runner.submit(
            _Call(work), lane=NETWORK, key=f"sign in {peer.name}", done=done, failed=partial(_told, failed)
        )

    def keeps_secrets(self, done: Callable[[bool], None]) -> None:
        """Find out whether passwords outlast the program: whether the system has a keyring."""
        self._do(lambda: self._programme.secrets.is_kept, done, lambda _error: None, key="keeps secrets")

    def own_address(self, host: str, done: Callable[[str], None]) -> None:
        """Find out the address of this computer by which an archive reaches it; empty where its name is not known."""
        self._do(lambda: own_address(host), done, lambda _error: done(""), key="own address")

    def has_secret(self, peer: Peer, done: Callable[[bool], None]) -> None:
        """Find out whether what lets us in is known."""
        kind = secret_kind_of(peer)

        def look() -> bool:
            return bool(kind) and PeerSecrets(peer, self._programme.secrets).get(kind) is not None

        self._do(look, done, lambda _error: None, key="has secret")

    # On threads of jobs

    @property
    def _list(self) -> PeerList:
        return PeerList(self._programme.folder)

    def _keep(self, name: str, peer: Peer, secrets: Mapping[str, str]) -> KeptPeer:
        peers, all_secrets = self._list, self._programme.secrets
        before = peers.get(name) if name else None
        kept = peers.replace(name, peer) if name else peers.add(peer)
        is_kept: bool | None = None
        if before is not None:
            move_secrets(before, kept, all_secrets)
            if before.tls.authority != kept.tls.authority:
                forget_pairing(before, peers.peers(), self.folder)
        for kind, secret in secrets.items():
            is_kept = PeerSecrets(kept, all_secrets).put(kind, secret)
        return KeptPeer(kept, is_kept)

    def _remove(self, name: str) -> Removal:
        removed = self._list.remove(name)
        kept = PeerSecrets(removed, self._programme.secrets)
        secrets = {kind.value: secret for kind in SecretKind if (secret := kept.get(kind)) is not None}
        kept.forget()
        return Removal(removed, secrets)

    def _access(self, peer: Peer, typed: Mapping[str, str], receiver: ReceiverSettings) -> "Access":
        from viewer.archives.access import open_access

        return open_access(peer, self.folder, receiver, TypedSecrets(self._programme.secrets, typed))

    # Helpers

    def _known(self, name: str) -> Peer | None:
        return next((peer for peer in self.peers or () if peer.name == name), None)

    def _note(self, name: str, state: PeerState) -> None:
        self._states[name] = state
        self.changed.emit(None)

    def _follow(self, done: Callable[[T], None], answer: T) -> None:
        """Look at the list that was changed before it is said that it was."""
        self.look(lambda: done(answer))

    def _do(self, call: Callable[[], T], done: Callable[[T], None], failed: Failed, *, key: object = None) -> None:
        job = _Call(lambda _progress: call())
        self._runner.submit(
            job, lane=NETWORK, key=None if key is None else (id(self), key), done=done, failed=partial(_told, failed)
        )


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    call: Callable[[Progress], T]

    def run(self, progress: Progress) -> T:
        return self.call(progress)


def _told(failed: Failed, error: Exception) -> None:
    if not isinstance(error, ViewerError):
        raise error
    failed(error)
