"""The composition root: builds every object once and hands it down; start-up, crash report. May import all."""
