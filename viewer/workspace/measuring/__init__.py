"""Annotations at work: the book of them, their undo, their journal, their numbers.

Knows no Qt; may import what workspace may.
"""
