"""The commands that emulate tokens, and build what is flashed: images and voice packs."""
