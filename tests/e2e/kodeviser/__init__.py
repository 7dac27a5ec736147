"""The whole kodeviser, used through button and display."""
