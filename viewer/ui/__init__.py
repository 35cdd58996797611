"""The face with a window: Qt widgets that show state and emit signals. No pixel arithmetic, files or pydicom."""
