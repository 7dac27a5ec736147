"""Voice packs: speech synthesis, levels, compression, the pack file, and recognition of its
clips."""
