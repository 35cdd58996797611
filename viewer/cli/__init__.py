"""The face without a window: one file a sub-command over the same workspace. Imports no Qt."""
