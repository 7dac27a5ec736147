"""Tests of the tokens' cases."""
