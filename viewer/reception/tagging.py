"""Flags that a rule sets on a study, beside those that are on it already."""

from viewer.library.library import Library


def add_flags(library: Library, study_instance_uid: str, flags: tuple[str, ...]) -> None:
    """Set flags on every row of a study, and leave the others on it.

    Raises:
        LibraryError: If it could not be written.
    """
    with library.database.writing():  # nobody else changes them between the look and the change
        for study in library.catalogue.studies_of_uid(study_instance_uid):
            if not study.flags.issuperset(flags):
                library.catalogue.set_flags(study, {*study.flags, *flags})
