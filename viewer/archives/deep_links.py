"""Studies that another program asks to be shown: links (negatoscope:…) and IHE Invoke Image Display.

Whoever made the link is not known. It may name what is to be shown and which archive has it, and nothing else: no file,
no command, no secret. An archive that the reader has not entered is asked only when the reader agrees.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from viewer.base.errors import UsageError
from viewer.base.translation import N_, _

SCHEME = "negatoscope"
IID_PATH = "/IHEInvokeImageDisplay"
"""Where Invoke Image Display is asked for (IHE RAD TF-2 4.106)."""
MOST_STUDIES = 16
_LONGEST_LINK = 8192
_MOST_PARAMETERS = 64
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_LONGEST_UID, _LONGEST_TEXT, _LONGEST_ARCHIVE, _LONGEST_ISSUER = 64, 64, 1024, 256
_ACTIONS = frozenset({"", "show", "open"})
_SECRET = re.compile(r"token|passw|secret|auth|credential|api.?key|jwt|bearer", re.IGNORECASE)
_NOT_CARRIED_OUT: Mapping[str, str] = {
    "patientName": N_("It asks by the patient's name"),
    "patientBirthDate": N_("It asks by the patient's birth date"),
}
"""Of Invoke Image Display: it would be dangerous to pass over them."""


@dataclass(frozen=True, slots=True)
class ShowRequest:
    """What is to be shown: the studies named, or those of an accession number, or those of a patient.

    Attributes:
        patient_id: Alone it lists the patient's studies; beside the others it must be theirs.
        issuer: Who gave out the patient's ID, as whoever asks writes it (CX-4 of HL7); empty where it does not say.
        archive: Name of one, or how it is called (TITLE@host:port, URL); empty for this computer and all archives.
        latest: Of a patient: how many of the latest are opened; 0 lists them.
        modalities: Of a patient: only these.
        date_from: Of a patient: the earliest day as DA; likewise date_to. Empty for no end.
    """

    study_instance_uids: tuple[str, ...] = ()
    accession_numbers: tuple[str, ...] = ()
    patient_id: str = ""
    archive: str = ""
    latest: int = 0
    modalities: tuple[str, ...] = ()
    date_from: str = ""
    date_to: str = ""
    issuer: str = ""

    def is_of_other_issuer(self, issuer: str) -> bool:
        """Whether a patient's ID was given out by another than is asked for; who is not named may be the same."""
        names = {name for name in self.issuer.partition("^")[0].split("&") if name}
        return bool(names and issuer) and issuer not in names

    def __post_init__(self) -> None:
        if not (self.study_instance_uids or self.accession_numbers or self.patient_id):
            raise UsageError(
                _("Nothing is named that could be shown"), advice=_("Name a study, an accession or a patient")
            )
        if len(self.study_instance_uids) + len(self.accession_numbers) > MOST_STUDIES:
            raise UsageError(_("More studies are named than can be shown at once ({0})").format(MOST_STUDIES))
        for uid in self.study_instance_uids:
            if len(uid) > _LONGEST_UID or not _UID.fullmatch(uid):
                raise UsageError(_("'{0}' is no UID").format(_short(uid)))
        for text in (*self.accession_numbers, self.patient_id, *self.modalities):
            _check_text(text, _LONGEST_TEXT)
        _check_text(self.issuer, _LONGEST_ISSUER)
        _check_text(self.archive, _LONGEST_ARCHIVE)
        if _has_secret(self.archive):
            raise UsageError(
                _("A link must not carry a user's name or password"),
                advice=_("Enter the archive in the list; the viewer asks for what it needs"),
            )


def is_link(text: str) -> bool:
    """Whether an argument is a link of ours, not a path."""
    return text[: len(SCHEME) + 1].lower() == f"{SCHEME}:"


def parse_link(text: str) -> ShowRequest:
    """Return what a link asks for: negatoscope:show?study=UID&archive=NAME.

    Its parameters are study, accession (both may be repeated, or hold several with commas), patient and archive.

    Raises:
        UsageError: If it is none, names anything else, or carries a secret.
    """
    if len(text) > _LONGEST_LINK:
        raise UsageError(_("The link is too long"))
    if not is_link(text):
        raise UsageError(_("This is no link to a study"))
    try:
        parts = urlsplit(text)
        pairs = _pairs(parts.query)
    except ValueError:
        raise UsageError(_("The link cannot be read")) from None
    action = (parts.netloc or parts.path).strip("/").lower()
    if action not in _ACTIONS or (parts.netloc and parts.path.strip("/")):
        raise UsageError(_("The link asks for something that links cannot do"))
    _refuse_secrets(pairs)
    unknown = [name for name, _value in pairs if name not in {"study", "accession", "patient", "archive"}]
    if unknown:
        raise UsageError(_("The link says '{0}', which means nothing here").format(_short(unknown[0])))
    return ShowRequest(
        _several(pairs, "study"), _several(pairs, "accession"), _one(pairs, "patient"), _one(pairs, "archive")
    )


def parse_invocation(target: str) -> ShowRequest:
    """Return what an HTTP request for Invoke Image Display asks for (IHE RAD TF-2 4.106.4.1.2).

    Args:
        target: Of the request line: path and query.

    Raises:
        UsageError: If it is none, or asks for what cannot be done safely.
    """
    if len(target) > _LONGEST_LINK:
        raise UsageError(_("The request is too long"))
    try:
        parts = urlsplit(target)
        pairs = _pairs(parts.query)
    except ValueError:
        raise UsageError(_("The request cannot be read")) from None
    if parts.path != IID_PATH:
        raise UsageError(_("The request asks for something that is not offered"))
    _refuse_secrets(pairs)
    kind = _one(pairs, "requestType").upper()
    if kind not in {"STUDY", "PATIENT"}:
        raise UsageError(_("requestType has to be STUDY or PATIENT"))
    for name, words in _NOT_CARRIED_OUT.items():
        if _one(pairs, name):
            raise UsageError(_(words), advice=_("Ask by patientID, studyUID or accessionNumber"))
    patient_id, _sign, issuer = _one(pairs, "patientID").partition("^^^")  # as in HL7's CX
    if kind == "STUDY":
        studies, accessions = _several(pairs, "studyUID"), _several(pairs, "accessionNumber")
        if not (studies or accessions):
            raise UsageError(_("A request for studies names studyUID or accessionNumber"))
        return ShowRequest(studies, accessions, patient_id, issuer=issuer)
    if not patient_id:
        raise UsageError(_("A request for a patient names patientID"))
    latest = _one(pairs, "mostRecentResults")
    return ShowRequest(
        patient_id=patient_id,
        latest=min(int(latest), MOST_STUDIES) if latest.isascii() and latest.isdigit() else 0,
        modalities=_several(pairs, "modalitiesInStudy"),
        date_from=_day(_one(pairs, "lowerDateTime")),
        date_to=_day(_one(pairs, "upperDateTime")),
        issuer=issuer,
    )


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS, errors="strict")


def _several(pairs: Sequence[tuple[str, str]], name: str) -> tuple[str, ...]:
    values = (part.strip() for key, value in pairs if key == name for part in value.split(","))
    return tuple(dict.fromkeys(value for value in values if value))


def _one(pairs: Sequence[tuple[str, str]], name: str) -> str:
    values = {value.strip() for key, value in pairs if key == name}
    if len(values) > 1:
        raise UsageError(_("'{0}' is said twice, and not the same").format(name))
    return next(iter(values), "")


def _day(moment: str) -> str:
    """Return the day of a moment of HL7 or XML Schema, as DA."""
    digits = moment[:10].replace("-", "")[:8]
    if moment and not (len(digits) == 8 and digits.isascii() and digits.isdigit()):
        raise UsageError(_("'{0}' is no day").format(_short(moment)))
    return digits


def _check_text(text: str, longest: int) -> None:
    if len(text) > longest or not text.isprintable() or any(sign in text for sign in "\\*?"):
        raise UsageError(_("'{0}' cannot be asked for").format(_short(text)))


def _has_secret(archive: str) -> bool:
    if "://" not in archive:
        return False
    try:
        parts = urlsplit(archive)
    except ValueError:
        return True
    return "@" in parts.netloc or bool(_SECRET.search(parts.query)) or bool(parts.fragment)


def _refuse_secrets(pairs: Sequence[tuple[str, str]]) -> None:
    """Links go through logs and histories of browsers: what they carry is no secret any more, and is never used."""
    if any(_SECRET.search(name) for name, _value in pairs):
        raise UsageError(
            _("A link must not carry passwords or tokens"),
            advice=_("Enter the archive in the list; the viewer asks for what it needs"),
        )


def _short(text: str) -> str:
    """Return what a link says as it may be shown: printable and short."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:40])
