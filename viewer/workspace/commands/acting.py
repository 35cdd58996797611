"""Commands that act on one part of the window, where there is one: the library's list, the archives', the receiver."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from viewer.workspace.workspace import Workspace

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Acting(Generic[A]):
    """Makes what a Command runs, and whether it can be run, of what acts on the part.

    Attributes:
        of: Returns the part of a workspace's window; None where there is none.
    """

    of: Callable[[Workspace], A | None]

    def run(self, act: Callable[[A], None]) -> Callable[[Workspace], None]:
        """Return what acts, and does nothing without the part."""

        def run(workspace: Workspace) -> None:
            actions = self.of(workspace)
            if actions is not None:
                act(actions)

        return run

    def when(self, is_so: Callable[[A], bool]) -> Callable[[Workspace], bool]:
        """Return whether the part is there, and something is so of it."""

        def enabled(workspace: Workspace) -> bool:
            actions = self.of(workspace)
            return actions is not None and is_so(actions)

        return enabled
