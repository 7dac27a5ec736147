"""How strongly somebody has signed in: the classes that applications ask for (`acr`), made of the
methods that were seen (`amr`, RFC 8176)."""

from collections.abc import Collection

# Of codes, from the weaker to the stronger, which includes it.
OTP = "urn:kodebrik:acr:otp"  # a one-time code
OTP_PIN = "urn:kodebrik:acr:otp-pin"  # and the user's PIN
APP = "urn:kodebrik:acr:app"  # an approval in the app, with a PIN or the device's own verification
_OF_CODES = (OTP, OTP_PIN)
CLASSES = (*_OF_CODES, APP)
BY_APP = ("user",)  # of an approval in the app, before it is known by which device


def reached(methods: Collection[str], wanted: str) -> str | None:
    """Give the class of a sign-in: of the `wanted` ones (separated by blanks, the most wanted
    first) the first that it reaches, None when it reaches none; the strongest when none is
    named."""
    of_codes = _OF_CODES if "pin" in methods else _OF_CODES[:1]
    known = of_codes if "otp" in methods else (APP,)
    named = wanted.split()
    if not named:
        return known[-1]
    return next((one for one in named if one in known), None)
