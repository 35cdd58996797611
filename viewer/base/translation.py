"""Every visible string goes through _(): the catalogue of the chosen language, or the English it was written in."""

import gettext
import locale
import os

from viewer.base.paths import resources_path

DOMAIN = "negatoscope"
LANGUAGES: tuple[str, ...] = ("en", "ko")

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def set_language(language: str) -> None:
    """Choose the language of all later calls of _(); an unknown one gives English."""
    global _catalogue, _language  # noqa: PLW0603 - one language a process, as the reader sees one window
    _language = language if language in LANGUAGES else "en"
    _catalogue = gettext.translation(DOMAIN, str(resources_path("locale")), [_language], fallback=True)


def current_language() -> str:
    """Return the language in force: "en" or "ko"."""
    return _language


def system_language() -> str:
    """Return the language the system asks for, if it is one of ours; otherwise English."""
    wanted = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return wanted[:2] if wanted[:2] in LANGUAGES else "en"


def _(message: str) -> str:
    """Return the message in the language in force."""
    return _catalogue.gettext(message) if message else ""


def N_(message: str) -> str:  # noqa: N802 - the gettext convention
    """Mark a message for translation where it is declared; it is translated where it is shown."""
    return message


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of the message that fits the count."""
    return _catalogue.ngettext(one, many, count)
