"""What many tests share: runtimes, databases, vectors, stand-ins."""
