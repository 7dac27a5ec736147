"""The link between host and token: frames, CBOR, messages, Noise. Pure; its only definition."""
