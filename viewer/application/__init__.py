"""The composition root: builds every object once and hands it down; start-up and crash report. May import everything."""
