"""Structured reports of the open studies: reading them, and writing those of the reader.

Knows no Qt; may import what workspace may.
"""
