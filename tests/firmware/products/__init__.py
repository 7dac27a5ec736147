"""Tests of firmware/products."""
