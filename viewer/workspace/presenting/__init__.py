"""Presentation states and key objects of the open studies: which there are, which is in force.

Knows no Qt; may import what workspace may.
"""
