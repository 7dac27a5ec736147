"""Reading who gets which token: lines of a serial number and a user-ID, with a comma or semicolon
between them."""

import csv

from host_tools.exchange.key_package import bad


def read(content: bytes) -> dict[str, str]:
    """Give the user-IDs by serial number; KodebrikError names the first line that is not right.

    The first line may be a header that begins with "serial".
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise bad("The list of users is not in UTF-8.", "Save it as UTF-8.") from None
    separator = ";" if lines and ";" in lines[0] else ","
    users: dict[str, str] = {}
    for number, fields in enumerate(csv.reader(lines, delimiter=separator), 1):
        if not fields or (number == 1 and fields[0].strip().lower().startswith("serial")):
            continue
        if len(fields) != 2 or not all(field.strip() for field in fields):  # noqa: PLR2004 - a pair
            raise bad(
                f"Line {number} of the list of users is no serial number and user-ID.",
                "Write SERIAL,USER-ID.",
            )
        serial, user = (field.strip() for field in fields)
        if serial in users:
            raise bad(
                f"Line {number} of the list of users gives {serial} away again.",
                "Take one of the two out.",
            )
        users[serial] = user
    return users
