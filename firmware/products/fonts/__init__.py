"""Bitmap fonts as the field's converter writes them; built by host_tools.devtools.fonts."""
