"""CSV files whose first line names the columns: Microsoft Entra's upload, and any other with known
names.

Every column is read, or passed over because it says nothing about codes, or the file is refused:
a column that is not understood may well change the codes.

https://learn.microsoft.com/entra/identity/authentication/how-to-mfa-upload-oath-tokens
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from host_tools.exchange.csv.rows import Row
from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks

# Field of a record: names of its column, without blanks and punctuation, in lower case.
_NAMES = {
    "serial": "serial serialnumber serialno tokenserial tokenserialnumber",
    "secret": "secret seed key otpkey",
    "base32": "secretkey base32 secretbase32 base32secret seedbase32",
    "hex": "hex secrethex hexsecret seedhex hexseed",
    "kind": "kind type tokentype otptype",
    "algorithm": "algorithm hash hashlib hashfunction hashalgorithm hmacalgorithm crypto",
    "digits": "digits otplen otplength length codelength otpdigits",
    "period": "period timeinterval timeintervalinseconds interval timestep step timewindow",
    "counter": "counter movingfactor eventcounter",
    "suite": "suite ocrasuite",
    "manufacturer": "manufacturer vendor",
    "model": "model",
    "name": "name account description label",
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names.split()}
_SECRETS = ("secret", "base32", "hex")
_PASSED_OVER = (
    "upn userprincipalname user userid username displayname fullname email mail realm resolver "
    "issuer comment comments remark remarks note notes icon image color colour tags group "
    "batch ordernumber productiondate deliverydate"
)
_MOST_SHOWN = 40  # characters of a column's name


def is_header(fields: Sequence[str]) -> bool:
    """Say whether a line names columns, among them a serial number and a secret."""
    known = {_FIELD_OF.get(_bare(field)) for field in fields}
    return "serial" in known and any(secret in known for secret in _SECRETS)


def is_entra(fields: Sequence[str]) -> bool:
    """Say whether a line of names is Entra's: its column "secret key" is base32, of TOTP tokens."""
    return "secretkey" in map(_bare, fields)


def records(
    names: Sequence[str], rows: Iterable[Row], remarks: Remarks
) -> Iterator[tuple[Row, dict[str, str]]]:
    """Give every line after that of the names, and its fields by _NAMES; KodebrikError names the
    column that is not understood, once it holds something."""
    header = [_FIELD_OF.get(_bare(name)) for name in names]
    _refuse_doubled(header)
    default = {"kind": "totp"} if is_entra(names) else {}
    for row in rows:
        if len(row.fields) < len(names) or any(row.fields[len(names) :]):
            raise bad("csv-field-count", line=row.line, fields=len(row.fields), columns=len(names))
        record = dict(default)
        for place, (field, value) in enumerate(zip(header, row.fields, strict=False)):
            if field and value:
                record[field] = value
            elif value:
                _pass_over(place, names[place], remarks)
        yield row, record


def _refuse_doubled(header: Sequence[str | None]) -> None:
    meant = ["secret" if field in _SECRETS else field for field in header]
    for field in meant:
        if field and meant.count(field) > 1:
            raise bad("csv-column-twice", column=field)


def _pass_over(place: int, name: str, remarks: Remarks) -> None:
    if _bare(name) not in _PASSED_OVER.split():
        shown = name if name and name.isprintable() and len(name) <= _MOST_SHOWN else str(place + 1)
        raise bad("csv-column-unknown", column=shown)
    remarks.pass_over(name)


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
