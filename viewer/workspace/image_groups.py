"""The images of a series in groups that may stand together: by rule, then by what must agree in all of them.

Runs before slice_order, which sorts each group.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from viewer.base.byte_source import ByteSource
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set_rules import MOSAIC_ORDER, Rule, rule_for
from viewer.workspace.frame_facts import FrameFacts, facts_of_frames, facts_of_tiles
from viewer.workspace.image_facts import HEADER_TAGS, ImageFacts, facts_of_header, is_parallel, number_of, time_of
from viewer.workspace.nuclear_frames import facts_of_nuclear_frames

IN_GROUPS = frozenset({"groups", "dimensions"})
READ_LATER = IN_GROUPS | {MOSAIC_ORDER}
"""Orders that need more of a file than its header."""
_CONCATENATION_UID, _CONCATENATION_OFFSET = 0x00209161, 0x00209228


@dataclass(slots=True)
class ImageGroup:
    """Images that may stand together by one rule."""

    rule: Rule
    images: list[ImageFacts]
    values: dict[str, Hashable] = field(default_factory=dict)
    own_key: str = ""
    is_final: bool = True


def without_repeats(headers: Iterable[InstanceHeader]) -> tuple[list[InstanceHeader], list[InstanceHeader]]:
    """Return the first file of every instance, and the files that repeat one."""
    seen: set[bytes] = set()
    unique, repeated = [], []
    for header in headers:
        uid = header.elements.get(0x00080018, b"").strip(b" \0")
        if uid and uid in seen:
            repeated.append(header)
        else:
            seen.add(uid)
            unique.append(header)
    return unique, repeated


def image_groups(
    headers: Sequence[InstanceHeader], frame_facts: Mapping[ByteSource, tuple[FrameFacts, ...]]
) -> list[ImageGroup]:
    """Return the images in groups by rule, each file that is shown alone by itself."""
    groups: dict[tuple[Hashable, ...], ImageGroup] = {}
    for header in headers:
        rule = rule_for(header)
        key: tuple[Hashable, ...] = (rule.name,)
        own_key = ""
        if rule.is_alone:
            own_key = header.ascii(_CONCATENATION_UID) or header.sop_instance_uid or header.source.name
            key = (rule.name, own_key)
        group = groups.get(key)
        if group is None:
            group = groups[key] = ImageGroup(rule, [], own_key=own_key)
        facts, is_final = _facts(header, rule, frame_facts)
        group.images.extend(facts)
        group.is_final = group.is_final and is_final
    for group in groups.values():
        if group.own_key and group.rule.order in IN_GROUPS:
            group.images.sort(key=lambda facts: (_concatenation_offset(facts.image.header), facts.order))
    return sorted(groups.values(), key=_group_order) if len(groups) > 1 else list(groups.values())


def _concatenation_offset(header: InstanceHeader) -> int:
    return int.from_bytes(header.elements.get(_CONCATENATION_OFFSET, b"")[:4], "little")


def _facts(
    header: InstanceHeader, rule: Rule, frame_facts: Mapping[ByteSource, tuple[FrameFacts, ...]]
) -> tuple[list[ImageFacts], bool]:
    if rule.order in READ_LATER:
        known = frame_facts.get(header.source)
        facts_of = facts_of_tiles if rule.order == MOSAIC_ORDER else facts_of_frames
        return facts_of(header, known or ()), known is not None
    if rule.order == "vectors":
        return facts_of_nuclear_frames(header), True
    if header.frame_count > 1:
        frames = [ImageFacts(ImageRef(header, index), order=(index,)) for index in range(header.frame_count)]
        return frames, True
    return [facts_of_header(header)], True


def _group_order(group: ImageGroup) -> tuple[float, tuple[str, str, str]]:
    header = group.images[0].image.header
    return number_of(header), time_of(header)


def parted(group: ImageGroup) -> list[ImageGroup]:
    """Split a group by the attributes in which images shown together must agree."""
    if group.rule.order == "vectors":
        names: tuple[str, ...] = ("energy_window", "detector")
    else:
        names = group.rule.split
    if not names:
        return [group]
    parts: dict[tuple[Hashable, ...], list[ImageFacts]] = {}
    values_of = _value_reader(names)
    for facts in group.images:
        parts.setdefault(values_of(facts), []).append(facts)
    if _is_turning(parts, names, len(group.images)):
        return [group]
    return [
        ImageGroup(group.rule, images, dict(zip(names, values, strict=True)), group.own_key, group.is_final)
        for values, images in parts.items()
    ]


def _value_reader(names: Sequence[str]) -> Callable[[ImageFacts], tuple[Hashable, ...]]:
    """Return what reads the values of an image, once for all files with the same bytes there."""
    orientations = _OrientationClasses()
    tags = tuple([tag for name in names for tag in HEADER_TAGS.get(name, ())])
    plain = [name for name in names if name != "orientation"]
    place = names.index("orientation") if "orientation" in names else None
    is_plain = all(name in HEADER_TAGS for name in plain)
    known: dict[tuple[bytes | None, ...], tuple[Hashable, ...]] = {}

    def values_of(facts: ImageFacts) -> tuple[Hashable, ...]:
        get = facts.image.header.elements.get
        raw = tuple([get(tag) for tag in tags])
        values = known.get(raw) if is_plain and not facts.values else None
        if values is None:
            values = known[raw] = tuple([facts.value(name) for name in plain])
        if place is None:
            return values
        return (*values[:place], orientations.class_of(facts.orientation), *values[place:])

    return values_of


def _is_turning(parts: Mapping[tuple[Hashable, ...], list[ImageFacts]], names: Sequence[str], count: int) -> bool:
    """Return whether every image looks another way (radial slices, a turning tube): then they stand together."""
    if len(parts) < 4 or len(parts) != count or "orientation" not in names:
        return False
    place = names.index("orientation")
    return len({(*values[:place], *values[place + 1 :]) for values in parts}) == 1


class _OrientationClasses:
    """Orientations that agree within the rounding of decimal strings are one."""

    def __init__(self) -> None:
        self._known: dict[tuple[float, ...] | None, tuple[float, ...] | None] = {None: None}
        self._classes: list[tuple[float, ...]] = []

    def class_of(self, orientation: tuple[float, ...] | None) -> tuple[float, ...] | None:
        """Return the orientation that stands for this one."""
        if orientation is None or orientation in self._known:
            return self._known[orientation]
        found = next((each for each in self._classes if is_parallel(each, orientation)), None)
        if found is None:
            self._classes.append(orientation)
            found = orientation
        self._known[orientation] = found
        return found
