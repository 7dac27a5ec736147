"""Bitmap fonts in the format of font_to_py.py; made by host_tools.devtools.fonts."""
