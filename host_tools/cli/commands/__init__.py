"""The commands of `kodebrik`, a file for each group."""
