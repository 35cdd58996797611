"""Whether what arrives is who it says: comparing names, and writing down what did not fit together."""

import sqlite3

from viewer.dicom.person_name import PersonName, folded
from viewer.library.study_row import WarningKind


def differ(keyword: str, held: str, arrived: str) -> bool:
    """Return whether two values cannot be the same person's; an absent one can."""
    if not held or not arrived or held == arrived:
        return False
    if keyword != "PatientName":
        return True
    one, other = PersonName.parse(held), PersonName.parse(arrived)
    groups = (
        (one.alphabetic, other.alphabetic),
        (one.ideographic, other.ideographic),
        (one.phonetic, other.phonetic),
    )
    shared = [(folded(a.formatted()), folded(b.formatted())) for a, b in groups if a and b]
    # Names in no common writing cannot be compared: somebody has to look.
    return not shared or any(a != b for a, b in shared)


def identity_text(patient_id: str, issuer: str) -> str:
    """Return a patient's ID with its issuer, as a warning tells it."""
    return f"{patient_id} ({issuer})" if issuer else patient_id


def warn(
    connection: sqlite3.Connection, kind: WarningKind, *, uids: tuple[str, str], patient_id: str,
    held: str, arrived: str, source_key: int, at: int,
) -> None:  # fmt: skip
    """Write a warning down, or count it again; a settled one comes back.

    Args:
        connection: In a transaction.
        kind: What did not fit.
        uids: Of the study and of the series; the latter is empty when it is the study's matter.
        patient_id: As it arrived.
        held: What the library had.
        arrived: What came.
        source_key: Where it came from.
        at: When, in microseconds.
    """
    connection.execute(
        "INSERT INTO warnings (kind, study_instance_uid, series_instance_uid, patient_id, held, arrived,"
        " source_key, first_at, last_at, instance_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)"
        " ON CONFLICT DO UPDATE SET last_at = excluded.last_at, instance_count = instance_count + 1,"
        " settled_at = NULL",
        (kind.value, *uids, patient_id, held, arrived, source_key, at, at),
    )
