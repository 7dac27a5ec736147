"""Files that carry tokens between systems: PSKC, CSV dialects, otpauth URIs, assignments to
users."""
