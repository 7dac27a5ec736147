"""Files that carry tokens between systems: PSKC, CSV dialects, otpauth URIs, and assignments of
tokens to users."""
