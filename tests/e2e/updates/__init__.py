"""Updates of the firmware, from the command or the link to a code on the display."""
