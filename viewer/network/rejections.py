"""Why a station does not take an association, in words that say who has to change what (PS3.8 9.3.4)."""

from collections.abc import Mapping

from viewer.base.translation import N_, _

BUSY = frozenset({(3, 1), (3, 2)})
"""Source and reason of refusals that pass."""
_WORDS: Mapping[tuple[int, int], tuple[str, str]] = {
    (1, 2): (
        N_("It refuses to talk: it is no station for DICOM images"),
        N_("Check the port"),
    ),
    (1, 3): (
        N_("It does not know this station's AE title ({calling})"),
        N_("Have {calling} and this computer's address entered there; capitals count"),
    ),
    (1, 7): (
        N_("It has another AE title than the one it was called by ({called})"),
        N_("Ask for the archive's AE title and enter it as it is written there; capitals count"),
    ),
    (2, 2): (
        N_("It refuses to talk: it speaks another version of the protocol"),
        N_("Check the port"),
    ),
    (3, 1): (N_("It is too busy now"), N_("Try again later; it may allow only a few associations at once")),
    (3, 2): (N_("It is too busy now"), N_("Try again later; it may allow only a few associations at once")),
}
_ABORT = b"\x07"
_TLS_ALERT = b"\x15\x03"
_OTHERWISE = (
    N_("It refuses to talk"),
    N_("Have {calling} and this computer's address entered there; its log may say more"),
)


def rejection_words(source: int, reason: int, called: str, calling: str) -> tuple[str, str]:
    """Return what an A-ASSOCIATE-RJ means, and what to do about it."""
    words, advice = _WORDS.get((source, reason), _OTHERWISE)
    titles = {"called": called, "calling": calling}
    return _(words).format_map(titles), _(advice).format_map(titles)


def answer_words(head: bytes) -> tuple[str, str]:
    """Return what it means that the first bytes of an answer are none of DICOM's, and what to do about it."""
    if head.startswith(_ABORT):
        return _("It broke off before it answered"), _("Have this station entered there; its log may say more")
    if head.startswith(_TLS_ALERT):
        return _("What answers there is no DICOM station without TLS"), _("Call it over TLS")
    if head.startswith((b"HTTP", b"<")):
        words = _("What answers there is no DICOM station, but a web server")
        return words, _("Check the port; a DICOMweb server is entered by its URL")
    return _("What answers there is no DICOM station"), _("Check the port")
