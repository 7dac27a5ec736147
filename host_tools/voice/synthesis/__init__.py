"""Speech synthesis: espeak-ng and the operating system's voices."""
