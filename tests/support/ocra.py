"""OCRA (RFC 6287) by the package oath, and texts that are no suites."""

import oath

BEGINNING = "OCRA-1:HOTP-SHA1-6:"
_FUNCTIONS = [
    "OCRA-2:HOTP-SHA1-6", "OCRA-1:TOTP-SHA1-6", "OCRA-1:HOTP-MD5-6", "OCRA-1:HOTP-SHA1-3",
    "OCRA-1:HOTP-SHA1-11", "OCRA-1:HOTP-SHA1-06", "OCRA-1:HOTP-SHA1-",
]  # fmt: skip
_INPUTS = [
    "", "C", "N08", "QX08", "QN8", "QN03", "QN65", "QN", "QN08-C", "QN08-PMD5", "QN08-S64",
    "QN08-S000", "QN08-T", "QN08-T0M", "QN08-T60S", "QN08-T49H", "QN08-T1D", "QN08-T01M",
    "QN08-T1M-PSHA1", "QN08-", "QN08-T1M-X", "QN08:QN08", "QN\N{ARABIC-INDIC DIGIT ZERO}8",
]  # fmt: skip
NO_SUITES = (
    [f"{each}:QN08" for each in _FUNCTIONS]
    + [BEGINNING + each for each in _INPUTS]
    + ["", "::", BEGINNING[:-1]]
)


def peer(
    secret: bytes,
    suite: str,
    question: str,
    *,
    counter=None,
    pin=None,
    session=None,
    unix_time=None,
) -> str:
    """Give the response that the package oath computes."""
    answer = oath.str2ocrasuite(suite)
    inputs = {"C": counter, "Q": question, "P": pin, "S": session}
    if unix_time is not None:
        inputs["T_precomputed"] = unix_time // answer.data_input.T
    doubled = len(question) > int(
        suite.rsplit(":Q", maxsplit=1)[-1].rsplit("-Q", maxsplit=1)[-1][1:3]
    )
    if doubled:
        inputs["Qsc"] = inputs.pop("Q")
    return answer(secret, **inputs)
