"""What spreadsheet programs do to CSV files: restored where it is certain, refused where not."""

import io

import pytest

from host_tools.errors import KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.csv import dialects as csv_dialects
from host_tools.exchange.token_file import ReadOptions, TokenFile

HEX = "3132333435363738393031323334353637383930"
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
HEAD = "serial,secret,type"


def read(text: str, encoding: str = "utf-8") -> TokenFile:
    return csv_dialects.read(io.BytesIO(text.encode(encoding)))


def serials(*written: str) -> list[str]:
    lines = [f"{serial},{HEX},totp" for serial in written]
    return [token.serial for token in read("\n".join(lines)).tokens]


@pytest.mark.parametrize(
    ("written", "meant"),
    [('"=""00012345"""', "00012345"), ("'00100", "00100"), ('="00100"', "00100"), ("'ab'", "ab")],
)
def test_marks_around_a_serial_number_are_taken_off_and_told(written: str, meant: str):
    found = read(f"{written},{HEX},totp\n")
    assert [token.serial for token in found.tokens] == [meant]
    assert "spreadsheet" in found.remarks.warnings[0]


@pytest.mark.parametrize(
    "written",
    [
        *("2.3E+12", '"2,3E+12"', "2E+12", "1.23457e+11", "########", "#N/A", "#VALUE!", "=A1"),
        *("12345678.0", "12345678.00", '"12,345,678"', "12.345.678"),
    ],
)
def test_what_a_spreadsheet_lost_or_added_is_refused(written: str):
    with pytest.raises(KodebrikError, match=r"^Line 1") as error:
        serials(written)
    assert "spreadsheet" in error.value.message


def test_a_secret_that_became_a_number_is_refused():
    with pytest.raises(KodebrikError, match="rounded"):
        read(f"{HEAD}\nT1,3.13233E+39,totp\n")


def test_zeros_lost_against_the_other_serial_numbers_are_refused():
    with pytest.raises(KodebrikError, match=r"Line 3 \(12347\): the serial number has 5 digits"):
        serials("00012345", "00012346", "12347")
    with pytest.raises(KodebrikError, match="others have 8"):
        serials("10000001", "20000002", "3000003")


def test_numbers_that_are_counted_on_or_are_no_numbers_have_any_length():
    assert serials("99998", "99999", "100000") == ["99998", "99999", "100000"]
    assert serials("7", "12", "103") == ["7", "12", "103"]
    assert serials("K1", "K10000000") == ["K1", "K10000000"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\n\r\n;;\r\n\t\t\r\n  \r\n"])
def test_encodings_delimiters_and_blank_lines(encoding: str, delimiter: str, end: str):
    text = f"{HEAD}\nK1,{BASE32},totp\nK2,{BASE32},totp".replace(",", delimiter).replace("\n", end)
    assert [token.serial for token in read(text + end, encoding).tokens] == ["K1", "K2"]


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;"])
def test_the_separator_line_is_obeyed(line: str):
    assert [token.serial for token in read(f"{line}\nserial;secret;type\nK1;{BASE32};totp").tokens]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"PK\x03\x04\x14\0", "ZIP archive or a workbook"),
        (b"-----BEGIN PGP MESSAGE-----\n", "encrypted with PGP"),
        (b"age-encryption.org/v1\n-> X25519 abc\n", "encrypted with age"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "encrypted with age"),
        (b'{"version": 9}', "JSON"),
        (b"%PDF-1.7", "picture or a document"),
        (b"Dear customer,\nattached the tokens\n", "no list of tokens that is known"),
    ],
)
def test_a_file_that_is_no_list_is_named_as_what_it_is(content: bytes, complaint: str):

    with pytest.raises(KodebrikError, match=complaint):
        formats.read_content(content)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("T1,{hex},totp,6,30,sha256,extra", "column 7 is not understood"),
        ("T1,{hex},totp,6,30,md5", "the hash md5 is not known"),
        ("O1,{hex},ocra,OCRA-1:HOTP-SHA1-6:QN08,8", "column 5 is not understood"),
        ("T1,{hex},totp,0x6,30", "digits is not a number"),
        ("T1,{hex},totp,6,1_0", "period is not a number"),
    ],
)
def test_a_field_that_is_not_understood_is_refused(row: str, complaint: str):
    with pytest.raises(KodebrikError, match=complaint):
        read(row.format(hex=HEX))


@pytest.mark.parametrize(
    ("columns", "values", "complaint"),
    [
        ("truncation", "31", "column truncation is not understood"),
        ("counter", "7", "counter does not go with"),
        ("suite", "OCRA-1:HOTP-SHA1-6:QN08", "suite does not go with"),
        ("hash", "whirlpool", "hash whirlpool is not known"),
    ],
)
def test_a_column_that_is_not_understood_or_contradicts_is_refused(
    columns: str, values: str, complaint: str
):
    with pytest.raises(KodebrikError, match=complaint):
        read(f"{HEAD},{columns}\nT1,{HEX},totp,{values}\n")
    assert read(f"{HEAD},{columns}\nT1,{HEX},totp,\n").tokens, "an empty one says nothing"


def test_a_dialect_can_be_forced():

    text = f"sofie,T1,{HEX},totp,6,60\n".encode()
    forced = csv_dialects.read(io.BytesIO(text), ReadOptions(dialect="pi-tokenjanitor"))
    assert (forced.format, forced.tokens[0].serial) == ("csv, pi-tokenjanitor", "T1")
    for other in ("entra", "columns", "oath", "multiotp"):
        with pytest.raises(KodebrikError):
            csv_dialects.read(io.BytesIO(text), ReadOptions(dialect=other))
