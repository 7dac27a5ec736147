"""Master keys: in a file, in the environment, or in a PKCS#11 token."""
