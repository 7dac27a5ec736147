"""How strongly somebody has signed in: the classes that applications ask for (`acr`), made of the
methods that were seen (`amr`, RFC 8176)."""

from collections.abc import Collection

# From the weakest to the strongest; each includes those before it.
OTP = "urn:kodebrik:acr:otp"  # a one-time code
OTP_PIN = "urn:kodebrik:acr:otp-pin"  # and the user's PIN
CLASSES = (OTP, OTP_PIN)


def reached(methods: Collection[str], wanted: str) -> str | None:
    """Give the class of a sign-in: of the `wanted` ones (separated by blanks, the most wanted
    first) the first that it reaches, None when it reaches none; the strongest when none is
    named."""
    strongest = 1 if "pin" in methods else 0
    known = CLASSES[: strongest + 1]
    named = wanted.split()
    if not named:
        return known[-1]
    return next((one for one in named if one in known), None)
