"""Tests of the kit for testers: pytest's plug-in and the library of Robot Framework."""
