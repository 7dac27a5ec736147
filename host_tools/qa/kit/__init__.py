"""What tests of your own use: tokens to press and a running server, as fixtures of pytest and as
keywords of Robot Framework."""
