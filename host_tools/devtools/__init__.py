"""Generators for developers: bitmap fonts, tables of the reference docs, user guides."""
