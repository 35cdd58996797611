"""Scrolling: one notch one image, a fast spin more, a drag by distance, a fast scroll by height."""

FAST_NOTCHES_PER_S = 12.0
"""Beyond this rate a spin means more than one image a notch."""

GREATEST_LEAP = 10
_DRAG_PX_PER_IMAGE = 6.0
_CROSSING_SHARE = 0.75


def wheel_steps(notches: float, seconds_since_last: float, image_count: int) -> int:
    """Return the images a turn of the wheel scrolls, with the sign of the turn.

    Args:
        notches: Whole notches; a smooth wheel adds up until there is one.
        seconds_since_last: Since the notch before.
        image_count: In the stack: a short one is never leapt through.
    """
    whole = int(notches)
    if not whole:
        return 0
    rate = abs(whole) / seconds_since_last if seconds_since_last > 0 else 0.0
    leap = 1 + int((rate - FAST_NOTCHES_PER_S) / FAST_NOTCHES_PER_S) if rate > FAST_NOTCHES_PER_S else 1
    return whole * min(leap, GREATEST_LEAP, max(1, image_count // 20))


def drag_index(start_index: int, dy: float, image_count: int, height: float) -> int:
    """Return the index of a scrolling drag that started at an index; down goes on.

    A long stack moves faster, so that three quarters of the viewport's height cross any stack.
    """
    distance = min(_DRAG_PX_PER_IMAGE, _CROSSING_SHARE * height / max(1, image_count))
    if distance <= 0:
        return _within(start_index, image_count)
    return _within(start_index + round(dy / distance), image_count)


def fast_scroll_index(y: float, height: float, image_count: int) -> int:
    """Return the index of a pointer's height: the top is the first image, the bottom the last."""
    share = y / height if height > 0 else 0.0
    return _within(round(share * (image_count - 1)), image_count)


def _within(index: int, image_count: int) -> int:
    return min(max(index, 0), max(image_count - 1, 0))
