"""Numbers as a short text."""

from collections.abc import Sequence


def ranges_text(numbers: Sequence[int], most: int, dash: str) -> str:
    """Return ascending numbers with those that follow one another joined: 3, 7-9.

    Args:
        numbers: In ascending order.
        most: How many parts at most; an ellipsis stands for the others.
        dash: What joins the ends of a part.
    """
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    texts = [str(first) if first == last else f"{first}{dash}{last}" for first, last in ranges[:most]]
    return ", ".join(texts) + (", …" if len(ranges) > most else "")
