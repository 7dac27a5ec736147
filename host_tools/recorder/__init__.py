"""The recording page: a person records the clips of a language in a browser on this machine."""
