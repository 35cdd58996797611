"""Dialogs: opening, passwords, presets, help, command palette."""
