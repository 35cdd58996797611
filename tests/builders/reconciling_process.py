"""A process that gives the one study of a library other identities, and its own again, until it is killed."""

import sys
from pathlib import Path

from viewer.base.jobs import Progress
from viewer.library.library import Library
from viewer.library.reconciliation import Identity, can_be_undone, reconcile, undo_reconciliation


def reconcile_until_killed(folder: Path) -> None:
    """Print a line for each change that is done."""
    with Library(folder, reserve_bytes=0) as library:
        for number in range(10**6):
            (study,) = library.catalogue.studies()
            if number % 3 == 2 and can_be_undone(library, study):
                undo_reconciliation(library, study, Progress())
            else:
                reconcile(
                    library, study, Identity(patient_id=f"N{number}", patient_name=f"홍^길동{number}"), Progress()
                )
            print(number, flush=True)


if __name__ == "__main__":
    reconcile_until_killed(Path(sys.argv[1]))
