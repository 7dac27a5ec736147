"""The kodeviser's interface."""
