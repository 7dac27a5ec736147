"""Products as plain data: what a token has, shows and how long it waits. Fonts, which are data too,
lie in fonts/."""
