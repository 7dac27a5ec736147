"""What the user sees: the App state machine, its screens and texts."""
