"""The web site: administration and the sign-in demo, rendered here, working without scripts, in Danish and English."""
