"""A person's name in up to three writings, shown in the reader's script (PS3.5 6.2.1.1).

The text is a name and nothing else: markup in it stays text, and what could reorder or hide characters is taken out of
what is shown.
"""

import functools
import re
import unicodedata
from dataclasses import dataclass

_COMPONENTS = 5
# Hangul: syllables, letters, compatibility letters. With Han and kana, what is written family first.
_HANGUL = re.compile(r"[가-힣ᄀ-ᇿ㄰-㆏]")
_UNSPACED = re.compile(r"^[가-힣ᄀ-ᇿ㄰-㆏㐀-䶿一-鿿豈-﫿々\U00020000-\U0003134f]+$")
_EAST_ASIAN = re.compile(r"[가-힣ᄀ-ᇿ㄰-㆏㐀-䶿一-鿿豈-﫿々぀-ヿｦ-ﾟ\U00020000-\U0003134f]")
# Characters that turn the direction of what follows: a name could be made to read as another one.
_DIRECTION_CONTROLS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FIRST_SYLLABLE, _LAST_SYLLABLE, _SYLLABLES_AN_INITIAL = 0xAC00, 0xD7A3, 588
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"


@dataclass(frozen=True, slots=True)
class NameGroup:
    """One writing of a name."""

    family: str = ""
    given: str = ""
    middle: str = ""
    prefix: str = ""
    suffix: str = ""
    is_divided: bool = False

    @classmethod
    def parse(cls, text: str) -> "NameGroup":
        """Split at carets; what comes after the fifth component stays with it."""
        parts = [_shown(part) for part in text.split("^", _COMPONENTS - 1)]
        parts[-1] = " ".join(parts[-1].replace("^", " ").split())
        parts += [""] * (_COMPONENTS - len(parts))
        family, given, middle, prefix, suffix = parts
        return cls(family, given, middle, prefix, suffix, "^" in text)

    def __bool__(self) -> bool:
        return any((self.family, self.given, self.middle, self.prefix, self.suffix))

    @property
    def is_hangul(self) -> bool:
        """Whether it is written in Korean letters."""
        return bool(_HANGUL.search(self.family + self.given))

    @property
    def is_east_asian(self) -> bool:
        """Whether it is written in Hangul, Han or kana, and so with the family name first."""
        return bool(_EAST_ASIAN.search(self.family + self.given))

    def formatted(self) -> str:
        """Return the name as it is read: 홍길동, or FAMILY Given Middle with prefix and suffix around it."""
        if not self.is_divided:
            return self.family
        # Hangul and Han run on; kana keep a space, where readers could not tell the parts.
        runs_on = bool(_UNSPACED.match(self.family + self.given + self.middle))
        family = self.family if self.is_east_asian else self.family.upper()
        core = ("" if runs_on else " ").join(part for part in (family, self.given, self.middle) if part)
        return " ".join(part for part in (self.prefix, core, self.suffix) if part)


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name with its alphabetic, ideographic and phonetic writing, each possibly empty."""

    alphabetic: NameGroup = NameGroup()
    ideographic: NameGroup = NameGroup()
    phonetic: NameGroup = NameGroup()

    @classmethod
    def parse(cls, text: str) -> "PersonName":
        """Split decoded text at =; never fails."""
        return _parsed(text)

    def __bool__(self) -> bool:
        return bool(self.alphabetic or self.ideographic or self.phonetic)

    @property
    def groups(self) -> tuple[NameGroup, ...]:
        """The writings that exist, in the file's order."""
        return tuple(group for group in (self.alphabetic, self.ideographic, self.phonetic) if group)

    def formatted(self, language: str = "en") -> str:
        """Return the name for a reader of a language: "ko" prefers Hangul, then Han; others the alphabet."""
        groups = self.groups
        if language == "ko":
            hangul = [group for group in groups if group.is_hangul]
            han = [self.ideographic] if self.ideographic.is_east_asian else []
            groups = (*hangul, *han, *groups)
        return groups[0].formatted() if groups else ""

    def full(self, language: str = "en") -> str:
        """Return every writing, the reader's first and the others in brackets."""
        first = self.formatted(language)
        others = dict.fromkeys(group.formatted() for group in self.groups)
        others.pop(first, None)
        return f"{first} ({', '.join(others)})" if others else first

    def sort_key(self, language: str = "en") -> str:
        """Return what lists are sorted by: the name as it is shown, without case and accents."""
        return folded(self.formatted(language))

    def search_keys(self) -> tuple[str, ...]:
        """Return the texts to search in, folded: every writing in both orders, run together, and Korean initials."""
        keys: list[str] = []
        for group in self.groups:
            parts = [folded(part) for part in (group.family, group.given, group.middle) if part]
            keys += [" ".join(parts), " ".join([*parts[1:], *parts[:1]]), "".join(parts)]
            if group.is_hangul:
                keys.append(_initials("".join(parts)))
            keys += [folded(part) for part in (group.prefix, group.suffix) if part]
        return tuple(dict.fromkeys(key for key in keys if key))


@functools.lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Return text as searches compare it: no case, no accents, half-width letters made full."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    # Voicing marks of kana are combining too, but another letter: only marks upon Latin, Greek, Cyrillic are dropped.
    bare = "".join(char for char in decomposed if not "\u0300" <= char <= "\u036f")
    return unicodedata.normalize("NFKC", bare)


@functools.lru_cache(maxsize=8192)
def _parsed(text: str) -> PersonName:
    groups = text.strip(" \0").split("=", 2)
    groups += [""] * (3 - len(groups))
    return PersonName(*map(NameGroup.parse, groups))


def _shown(text: str) -> str:
    """Return text on one line, without anything that could reorder or hide it."""
    plain = _DIRECTION_CONTROLS.sub("�", text)
    return " ".join("".join(" " if unicodedata.category(char) == "Cc" else char for char in plain).split())


def _initials(text: str) -> str:
    """Return the first consonants of Hangul syllables, as Korean readers abbreviate: 홍길동 gives ㅎㄱㄷ."""
    return "".join(
        _INITIALS[(ord(char) - _FIRST_SYLLABLE) // _SYLLABLES_AN_INITIAL]
        for char in text
        if _FIRST_SYLLABLE <= ord(char) <= _LAST_SYLLABLE
    )
