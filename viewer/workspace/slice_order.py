"""The order of slices: by position along the normal; what to do where several lie at one position (digest 5.3, 6.3).

Never by instance number, slice location or file name while there are positions.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from viewer.workspace.image_facts import PHASE_ORDER, ImageFacts, normal_of

SAME_POSITION_MM = 0.01


@dataclass(frozen=True, slots=True)
class Run:
    """Images in the order they are scrolled.

    Attributes:
        facts: At most one a position, unless all lie at one position.
        phase: (number from 1, of how many) of several runs over the same positions.
        is_time_run: All lie at one position, ordered in time.
        is_uneven: The runs do not cover the same positions.
        split_values: (attribute, value) that told this run from the others.
    """

    facts: tuple[ImageFacts, ...]
    phase: tuple[int, int] | None = None
    is_time_run: bool = False
    is_uneven: bool = False
    split_values: tuple[tuple[str, Hashable], ...] = ()


def distance_of(facts: ImageFacts) -> float:
    """Return the position along the normal in mm. Only for images with position and orientation."""
    if facts.position is None or facts.orientation is None:
        raise ValueError("An image without a position has no distance")
    position, normal = facts.position, normal_of(facts.orientation)
    return position[0] * normal[0] + position[1] * normal[1] + position[2] * normal[2]


def runs_of(images: Sequence[ImageFacts], split_repeats: Sequence[str]) -> list[Run]:
    """Return the runs that images of one geometry fall into, each sorted by position.

    Args:
        images: All with position, and of one orientation.
        split_repeats: Attributes that may tell apart images at the same position, in order.
    """
    return _split(images, list(split_repeats), ())


def _split(images: Sequence[ImageFacts], names: list[str], known: tuple[tuple[str, Hashable], ...]) -> list[Run]:
    buckets = _buckets(images)
    most = max(map(len, buckets))
    if most == 1:
        return [Run(tuple(bucket[0] for bucket in buckets), split_values=known)]
    if len(buckets) == 1:
        return [Run(tuple(_in_time(buckets[0])), is_time_run=True, split_values=known)]
    for place, name in enumerate(names):
        groups: dict[Hashable, list[ImageFacts]] = {}
        for facts in images:
            groups.setdefault(facts.value(name), []).append(facts)
        # An attribute that differs from slice to slice tells nothing of repeats.
        if 2 <= len(groups) <= most and all(_most_at_one_place(group) < most for group in groups.values()):
            rest = names[place + 1 :]
            ordered = sorted(groups.items(), key=lambda item: _sortable(item[0]))
            return [run for value, group in ordered for run in _split(group, rest, (*known, (name, value)))]
    return _phases(buckets, known)


def _phases(buckets: list[list[ImageFacts]], known: tuple[tuple[str, Hashable], ...]) -> list[Run]:
    count = max(map(len, buckets))
    is_uneven = any(len(bucket) != count for bucket in buckets)
    ordered = [_in_time(bucket) for bucket in buckets]
    return [
        Run(
            tuple(bucket[index] for bucket in ordered if index < len(bucket)),
            (index + 1, count),
            is_uneven=is_uneven,
            split_values=known,
        )
        for index in range(count)
    ]


def _buckets(images: Sequence[ImageFacts]) -> list[list[ImageFacts]]:
    by_distance = sorted(((distance_of(facts), index) for index, facts in enumerate(images)))
    buckets: list[list[ImageFacts]] = []
    last = float("-inf")
    for distance, index in by_distance:
        if distance - last > SAME_POSITION_MM:
            buckets.append([])
            last = distance
        buckets[-1].append(images[index])
    return buckets


def _most_at_one_place(images: Sequence[ImageFacts]) -> int:
    return max(map(len, _buckets(images)))


def _in_time(bucket: list[ImageFacts]) -> list[ImageFacts]:
    """Return images of one position by the first attribute that all of them state and that differs in all of them."""
    if len(bucket) < 2:
        return bucket
    for read in PHASE_ORDER:
        values = [read(facts) for facts in bucket]
        if None not in values and len(set(values)) == len(values):
            order = sorted(range(len(bucket)), key=lambda index: _sortable(values[index]))
            return [bucket[index] for index in order]
    return sorted(bucket, key=lambda facts: facts.order)


def _sortable(value: Hashable) -> tuple[int, float, str]:
    """Return a key that sorts None first, then numbers by value, then everything else as text."""
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, (int, float)):
        return 1, float(value), ""
    return 2, 0.0, str(value)
