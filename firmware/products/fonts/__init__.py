"""Bitmap fonts; made by host_tools.devtools.fonts."""
