"""Volumes: series with a place in the patient, planes and slabs through them, renderings and surfaces of them.

May import imaging, dicom and base. The only room that imports VTK and numba, both inside functions.
"""
