"""What is said of key and rejected images: chips on viewports, and words for lists."""

from viewer.base.translation import _, ngettext
from viewer.dicom.dates_and_times import parse_date
from viewer.dicom.key_object.titles import words_of
from viewer.dicom.key_object.values import KeyObjects
from viewer.dicom.person_name import PersonName
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set import DisplaySet, WarningCode
from viewer.workspace.presenting.key_book import KeyBook

STAR = "★"


def key_chip(keys: KeyBook, image: ImageRef) -> str:
    """Return what is said over the picture of a key image; empty for any other."""
    return f"{STAR} {_('KEY')}" if keys.is_key(image) else ""


def rejection_chips(keys: KeyBook, image: ImageRef, display_set: DisplaySet) -> tuple[tuple[str, bool], ...]:
    """Return what is said of rejected images over a picture: each text, and whether it calls for care."""
    chips: list[tuple[str, bool]] = []
    if keys.rejecting(image) is not None:
        chips.append((_("REJECTED"), True))
    hidden = next((each.arguments[0] for each in display_set.warnings if each.code is WarningCode.REJECTED), "")
    if hidden:
        chips.append((_("{0} REJECTED HIDDEN").format(hidden), True))
    return tuple(chips)


def hidden_words(count: int) -> str:
    """Return that so many images are hidden."""
    return ngettext("{0} rejected image hidden", "{0} rejected images hidden", count).format(count)


def title_words(document: KeyObjects) -> str:
    """Return what a document selects for, with what qualifies it."""
    title = words_of(document.title) if document.title is not None else _("(no title)")
    if document.modifiers:
        return f"{title}: {', '.join(map(words_of, document.modifiers))}"
    return title


def creator_words(document: KeyObjects, language: str) -> str:
    """Return who made a document, and when: people where it names any, else its equipment."""
    people = ", ".join(PersonName.parse(name).formatted(language) or name for name in document.creators)
    day = parse_date(document.content_date)
    return "  ·  ".join(part for part in (people or document.made_by, day.isoformat() if day else "") if part)
