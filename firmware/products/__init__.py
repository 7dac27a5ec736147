"""Products as plain data: parts, fonts, times, settings. The fonts themselves are in fonts/."""
