"""The order in which images are read ahead: where the reader is going, then where they were."""

from collections.abc import Iterator

AHEAD_PER_BEHIND = 3


def prefetch_order(index: int, count: int, direction: int) -> Iterator[int]:
    """Yield every other index of a run of images once, the likeliest first.

    Args:
        index: The image on screen.
        count: How many there are.
        direction: Of the last scroll: 1 or -1; 0 when nothing was scrolled yet, which counts as forward.
    """
    step = -1 if direction < 0 else 1
    ahead = range(index + step, count if step > 0 else -1, step)
    behind = range(index - step, -1 if step > 0 else count, -step)
    ahead_left, behind_left = iter(ahead), iter(behind)
    while True:
        taken = 0
        for place in (*_take(ahead_left, AHEAD_PER_BEHIND), *_take(behind_left, 1)):
            taken += 1
            yield place
        if not taken:
            return


def _take(source: Iterator[int], count: int) -> tuple[int, ...]:
    return tuple(place for _number, place in zip(range(count), source, strict=False))
