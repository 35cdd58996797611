"""The rules of resources/display_set_rules.toml, read once: which files of a series are shown together."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viewer.base.paths import resources_path
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.dicom.transfer_syntaxes import transfer_syntax
from viewer.workspace.display_set import DisplaySetKind

MOSAIC_ORDER = "mosaic"
"""Slices laid out in one image: which they are has to be read from the whole data set, like functional groups."""
STORAGE_ROOT = "1.2.840.10008.5.1.4.1.1."
_MATCHED_TAGS = (0x00080016, 0x00080060, 0x00080008, 0x00280008, 0x00209161)
_POSITION, _ORIENTATION = 0x00200032, 0x00200037
_CONDITIONS = frozenset(
    {"sop_kind", "sop_class", "modality", "image_type"}
    | {"has_pixels", "has_position", "is_multi_frame", "is_concatenated", "is_video"}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; see the head of the resource for what its parts mean."""

    name: str
    kind: DisplaySetKind
    when: Mapping[str, Any]
    is_alone: bool
    split: tuple[str, ...]
    split_repeats: tuple[str, ...]
    order: str

    def matches(self, features: Mapping[str, Any]) -> bool:
        """Return whether every condition holds."""
        return all(_holds(wanted, features[name]) for name, wanted in self.when.items())


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return the rules in order; the last one matches everything."""
    tables = tomllib.loads(resources_path("display_set_rules.toml").read_text("utf-8"))["rule"]
    return tuple(_rule(table) for table in tables)


def rule_for(header: InstanceHeader) -> Rule:
    """Return the rule a file falls under."""
    elements = header.elements
    raw = tuple([elements.get(tag) for tag in _MATCHED_TAGS])
    has_position = bool(elements.get(_POSITION)) and bool(elements.get(_ORIENTATION))
    return _rule_for(raw, header.pixel_data is not None, has_position, header.transfer_syntax_uid)


@functools.lru_cache(maxsize=4096)
def _rule_for(raw: tuple[bytes | None, ...], has_pixels: bool, has_position: bool, syntax_uid: str) -> Rule:
    sop_class, modality, image_type, frames, concatenation = (_text(value) for value in raw)
    syntax = transfer_syntax(syntax_uid)
    kind = sop_kind(sop_class)
    features = {
        "sop_kind": {kind.value},
        "sop_class": {sop_class.removeprefix(STORAGE_ROOT)},
        "modality": {modality.upper()},
        "image_type": {value.strip().upper() for value in image_type.split("\\")},
        "has_pixels": has_pixels,
        "has_position": has_position,
        "is_multi_frame": frames.isdigit() and int(frames) > 1,
        "is_concatenated": bool(concatenation),
        "is_video": has_pixels and (kind is SopKind.VIDEO or syntax.is_video),
    }
    return next(rule for rule in rules() if rule.matches(features))


def _rule(table: dict[str, Any]) -> Rule:
    when = table.get("when", {})
    unknown = when.keys() - _CONDITIONS
    if unknown:
        raise ValueError(f"display_set_rules.toml: no such condition: {min(unknown)}")
    return Rule(
        table["name"],
        DisplaySetKind(table["kind"]),
        when,
        table.get("alone", False),
        tuple(table.get("split", ())),
        tuple(table.get("split_repeats", ())),
        table["order"],
    )


def _holds(wanted: bool | list[str], found: bool | set[str]) -> bool:
    if isinstance(found, set):
        return isinstance(wanted, list) and not found.isdisjoint(wanted)
    return found is wanted


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("ascii", "replace").strip(" \0")
