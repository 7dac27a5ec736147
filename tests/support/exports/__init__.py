"""Exports of authenticators as the apps write them, for tests of what reads them."""
