"""The one version number of firmware, emulator and host tools."""

VERSION = "0.1.0"
