"""Builds resources/sample_disc: a DICOM file-set of made people, always the same bytes (`truth` says what is in it)."""
