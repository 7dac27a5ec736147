"""User interface of the kodeviser: one button and a small display."""
