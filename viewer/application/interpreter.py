"""How the interpreter is run for a window: quick to start, and never long away from the reader's hand.

A full collection of garbage stops every thread for as long as there are objects to look at: 90 ms with ten thousand
files open.
"""

import gc

YOUNG_OBJECTS = 10_000
"""New objects after which the youngest are looked at: some 2 ms."""
YOUNG_ROUNDS = 10
RARELY = 1_000
"""Rounds of the middle generation before everything is looked at: hours of reading."""


def start_quickly() -> None:
    """Do not look for garbage until answer_quickly is called: the program is starting."""
    gc.disable()


def answer_quickly() -> None:
    """Leave what the start made alone for good, and look at young objects mostly."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, RARELY)
    gc.enable()
