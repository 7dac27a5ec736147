"""The web site: administration and the sign-in demo, rendered here, in Danish and English."""
