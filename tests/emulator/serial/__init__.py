"""Tests of the serial link for other programs."""
