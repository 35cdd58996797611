"""Codestreams to stored values, one file a family; used inside decoder processes and by command lines.

Imports numpy, and imagecodecs or OpenCV when a stream needs them; never Qt or pydicom.
"""
