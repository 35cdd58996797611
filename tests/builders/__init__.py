"""Makers of test data: DICOM files with known content, written without the viewer's own code."""
