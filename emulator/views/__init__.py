"""Views of an emulated token's screen."""
