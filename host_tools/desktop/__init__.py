"""An emulated token on the desktop: its folder, the terminal view, speech output and captions."""
