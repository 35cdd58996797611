"""Measuring tools, one a file: geometry, numbers, codes, and how each is drawn. May import what measurement may."""
