"""KeePassXC's exports, CSV and XML (src/format/CsvExporter.cpp, src/core/Totp.cpp), and the XML of
KeePass 2 (https://keepass.info/help/base/placeholders.html#otp), which has the same form.

An entry's one-time code stands in "otp" (an otpauth:// URI, or KeeOtp's key=…&size=…&step=…), in
"TOTP Seed" with "TOTP Settings" (period;digits), or in KeePass 2's "TimeOtp-…" and "HmacOtp-…".
Entries without one, and what an entry was before, are passed over.
"""

from collections.abc import Iterator

from host_tools.exchange.authenticators import keepass_fields, keepass_xml
from host_tools.exchange.authenticators.entry import ExportedAccount, key_packages, place
from host_tools.exchange.authenticators.parsing import csv_rows, recognition, uris
from host_tools.exchange.token_file import ReadOptions, Remarks, TokenFile

NAME = "keepassxc"
_CODE_COLUMN = "totp"
_COLUMNS = (
    *("group", "title", "username", "password", "url", "notes", _CODE_COLUMN),
    *("icon", "last modified", "created"),
)
_READ = ("title", "username", _CODE_COLUMN)


def recognises(content: bytes) -> bool:
    """Say whether a file's content is an export."""
    if recognition.xml_root(content) == "keepassfile":
        return True
    return recognition.first_line(content).replace('"', "").startswith("group,title,username,")


def read(content: bytes, options: ReadOptions) -> TokenFile:
    """Read an export; KodebrikError names the first entry that is not what a token supports."""
    remarks = Remarks()
    is_xml = recognition.xml_root(content) is not None
    entries = list(_of_xml(content, remarks) if is_xml else _of_csv(content, remarks))
    return TokenFile(NAME, key_packages(entries, options.progress), remarks)


def _of_csv(content: bytes, remarks: Remarks) -> Iterator[ExportedAccount]:
    for number, row in csv_rows.named(content, _COLUMNS, _CODE_COLUMN):
        for column in _COLUMNS:
            if row.get(column) and column not in _READ:
                remarks.pass_over(column)
        if row[_CODE_COLUMN]:
            names = row.get("title", ""), row.get("username", "")
            yield uris.entry(place(number, names[0]), row[_CODE_COLUMN], remarks, names)


def _of_xml(content: bytes, remarks: Remarks) -> Iterator[ExportedAccount]:
    for number, element in enumerate(keepass_xml.entries(content, remarks), 1):
        entry = keepass_fields.entry(number, element, remarks)
        if entry is not None:
            yield entry
