"""Errors, events, jobs, settings, paths, logs, translation and byte sources. Knows no DICOM, no numpy and no Qt."""
