"""The receiver's page, and the windows where a reader decides what becomes of what was kept aside."""
