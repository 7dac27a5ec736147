"""Any change of one field of a valid file changes the token, is listed as passed over, or is
refused: no statement of a file is dropped."""

import copy
import re
from xml.etree import ElementTree

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from host_tools.errors import KodebrikError
from host_tools.exchange import formats
from host_tools.exchange.token_file import TokenFile

HEX = "3132333435363738393031323334353637383930"
BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NAMESPACE = "urn:ietf:params:xml:ns:keyprov:pskc"

# The last line of a file, by its dialect; the fields' names where they are passed over.
CSV = {
    "entra": (
        ["upn", "serial number", "secret key", "time interval", "manufacturer", "hashFunction"],
        ["u@example.org", "K00001", BASE32, "60", "Demo", "hmacsha256"],
    ),
    "columns": (
        ["serial", "secret", "type", "digits", "counter", "hash", "remark", "icon", "new"],
        ["K1", f"hex:{HEX}", "hotp", "8", "7", "sha512", "of the office", "blue", ""],
    ),
    "oath": (None, ["T1", HEX, "totp", "8", "60", "sha256", ""]),
    "oath-ocra": (None, ["O1", HEX, "ocra", "OCRA-1:HOTP-SHA1-6:QN08", "", ""]),
    "pi-tokenjanitor": (None, ["sofie", "H1", HEX, "hotp", "8", "3"]),
    "multiotp": (None, ["M1", "Demo", "TOTP", HEX, "8", "60", ""]),
    "yubico": (
        None,
        ["OATH-HOTP", "11.12.13", "1", "ub1", "", HEX, "", "", *"00080", *"00000"],
    ),
    "yubico-log": (None, ["508326", "", "16", HEX, "", "2013-12-12T08:41:07", ""]),
}
PASSED_OVER = {
    "entra": {0: "upn"},
    "columns": {6: "remark", 7: "icon"},
    "pi-tokenjanitor": {0: "user"},
    "yubico": {
        1: "timestamp",
        2: "slot",
        6: "access code",
        7: "access code",
        8: "identifier in modhex",
        9: "identifier in modhex",
        10: "identifier in modhex",
    },
    "yubico-log": {1: "identifier", 4: "access code", 5: "timestamp"},
}
VALUES = st.sampled_from(
    (
        " 0 1 6 7 8 30 60 0x10 1e3 totp hotp ocra sha1 sha256 HmacSHA512 md5 true false Append "
        'Local OTP CR Demo 2.3E+12 ="5" \'0010 2001-01-01T00:00:00Z 2090-01-01T00:00:00Z '
        f"{HEX} {BASE32} MTIzNDU2Nzg5MDEyMzQ1Njc4OTE= DECIMAL HEXADECIMAL "
        "OCRA-1:HOTP-SHA256-8:QN08"
    ).split(" ")
) | st.text(alphabet="abcXYZ0123456789.+-/ é", max_size=8)


def read(content: str) -> TokenFile | None:
    """Read a file; None when it is refused."""
    try:
        return formats.read_content(content.encode())
    except KodebrikError:
        return None


def noticed(before: TokenFile, after: TokenFile | None) -> bool:
    return after is None or (
        (after.tokens, after.remarks.passed_over, after.remarks.warnings)
        != (before.tokens, before.remarks.passed_over, before.remarks.warnings)
    )


def meaning(text: str) -> str:
    """What certain repairs leave alike: case, groups, zeros before a number, ways to write a hash
    or a secret."""
    bare = re.sub(r"[^a-zé0-9]", "", text.lower()).removeprefix("hmac").removeprefix("hex")
    return HEX if bare == BASE32.lower() else bare.lstrip("0")


def as_csv(name: str, fields: list[str]) -> str:
    header = CSV[name][0]
    lines = ([header] if header else []) + [fields]
    return "".join(";".join(line) + "\n" for line in lines)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.sampled_from(sorted(CSV)), st.data())
def test_no_field_of_a_csv_file_is_dropped(name: str, data: st.DataObject):
    fields = CSV[name][1]
    before = read(as_csv(name, fields))
    assert before is not None
    place = data.draw(st.integers(0, len(fields) - 1))
    value = data.draw(VALUES)
    assume(meaning(value) != meaning(fields[place]))
    after = read(as_csv(name, [*fields[:place], value, *fields[place + 1 :]]))
    listed = PASSED_OVER.get(name, {}).get(place)
    assert noticed(before, after) or (after and listed in after.remarks.passed_over)


URI = {"secret": BASE32, "issuer": "Demo", "algorithm": "SHA256", "digits": "8", "period": "60"}
NAMES = st.sampled_from([*URI, "counter", "encoder", "image", "color", "offset", "pin", "t0"])


def as_uri(parameters: list[tuple[str, str]], label: str = "Demo:KD1") -> str:
    return f"otpauth://totp/{label}?" + "&".join(f"{key}={value}" for key, value in parameters)


@settings(max_examples=200)
@given(NAMES, st.sampled_from(["KD2", "5", "60", "SHA512", "8", "x", BASE32[::-1], "Other"]))
def test_no_parameter_of_a_uri_is_dropped(name: str, value: str):
    before = read(as_uri(list(URI.items())))
    assume(URI.get(name) != value)
    after = read(as_uri(list((URI | {name: value}).items())))
    assert noticed(before, after)
    doubled = read(as_uri([*URI.items(), (name, value)]))
    assert doubled is None or name not in URI


PSKC = f"""<KeyContainer Version="1.0" Id="C1" xmlns="{NAMESPACE}"><KeyPackage>
<DeviceInfo><Manufacturer>Demo</Manufacturer><SerialNo>P1</SerialNo><Model>M1</Model>
<IssueNo>1</IssueNo><DeviceBinding>d</DeviceBinding><StartDate>2006-05-01T00:00:00Z</StartDate>
<ExpiryDate>2089-05-01T00:00:00Z</ExpiryDate><UserId>uid=a</UserId></DeviceInfo>
<CryptoModuleInfo><Id>m</Id></CryptoModuleInfo>
<Key Id="K1" Algorithm="{NAMESPACE}:{{kind}}"><Issuer>Issuer</Issuer><AlgorithmParameters>
<Suite>{{suite}}</Suite>{{challenge}}
<ResponseFormat Encoding="DECIMAL" Length="8" CheckDigits="false"/>
</AlgorithmParameters><FriendlyName>name</FriendlyName><Data>
<Secret><PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret>
<Counter><PlainValue>7</PlainValue></Counter><Time><PlainValue>5</PlainValue></Time>
<TimeInterval><PlainValue>60</PlainValue></TimeInterval>
<TimeDrift><PlainValue>1</PlainValue></TimeDrift></Data><UserId>uid=b</UserId><Policy>
<StartDate>2006-05-01T00:00:00Z</StartDate><ExpiryDate>2088-05-01T00:00:00Z</ExpiryDate>
<PINPolicy MinLength="4" MaxLength="8" PINKeyId="p" PINUsageMode="Local" PINEncoding="DECIMAL"
MaxFailedAttempts="8"/><KeyUsage>OTP</KeyUsage></Policy></Key></KeyPackage></KeyContainer>"""
CHALLENGE = '<ChallengeFormat Encoding="DECIMAL" Min="8" Max="8" CheckDigits="false"/>'
DOCUMENTS = {
    "totp": PSKC.format(kind="totp", suite="SHA256", challenge=""),
    "hotp": PSKC.format(kind="hotp", suite="HMAC-SHA512", challenge=""),
    "ocra": PSKC.format(kind="ocra", suite="OCRA-1:HOTP-SHA1-8:C-QN08", challenge=CHALLENGE),
}
ADDED = ("Secret", "KeyProfileId", "NumberOfTransactions", "Extensions", "Truncation", "Suite")
# Read, and without effect on tokens: they only limit what is accepted.
LIMITS = ("Version", "CheckDigits", "Encoding", "Min", "Max", "KeyUsage")


def local(tag: str) -> str:
    return tag.rpartition("}")[2]


@pytest.mark.slow
@settings(max_examples=150)
@given(st.sampled_from(sorted(DOCUMENTS)), st.data())
def test_no_element_or_attribute_of_pskc_is_dropped(kind: str, data: st.DataObject):
    before = read(DOCUMENTS[kind])
    assert before is not None
    root = ElementTree.fromstring(DOCUMENTS[kind])
    elements = list(root.iter())
    element = data.draw(st.sampled_from(elements))
    change = data.draw(st.sampled_from(["text", "attribute", "add", "double", "rename"]))
    name = local(element.tag)
    if change == "text":
        assume((element.text or "").strip())
        value = data.draw(VALUES)
        assume(meaning(value) != meaning(element.text or ""))
        element.text = value
    elif change == "attribute":
        attributes = sorted(element.attrib) or ["New"]
        name = data.draw(st.sampled_from(attributes))
        value = data.draw(VALUES)
        assume(meaning(value) != meaning(element.get(name, "")))
        assume(name != "Algorithm" or kind not in value.lower())  # a short name says the same
        element.set(name, value)
    elif change == "add":
        name = data.draw(st.sampled_from(ADDED))
        ElementTree.SubElement(element, f"{{{NAMESPACE}}}{name}").text = "5"
    elif change == "double":
        parents = [parent for parent in elements if element in list(parent)]
        assume(parents)
        parents[0].append(copy.deepcopy(element))
    else:
        assume(element is not root)
        element.tag = element.tag + "X"
    after = read(ElementTree.tostring(root, "unicode"))
    listed = [item.rpartition("/")[2].removeprefix("@") for item in before.remarks.passed_over]
    ancestors = ancestry(root, element)
    assert (
        noticed(before, after)
        or any(tag in listed for tag in [name, *ancestors])
        or (change in ("text", "attribute") and name in LIMITS)
        or (change == "double" and name == "KeyUsage")
    )


def ancestry(root: ElementTree.Element, element: ElementTree.Element) -> list[str]:
    """The names of the elements around one, without those that every key has."""
    above = [parent for parent in root.iter() if element in list(parent.iter())]
    common = {"KeyContainer", "KeyPackage", "DeviceInfo", "Key", "Policy", "Data"}
    return [local(parent.tag) for parent in above if local(parent.tag) not in common]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('CheckDigits="false"', 'CheckDigits="true"'),
        ('Encoding="DECIMAL" Length', 'Encoding="HEXADECIMAL" Length'),
        ("<KeyUsage>OTP", "<KeyUsage>Encrypt"),
        ('Version="1.0"', 'Version="2.0"'),
        ("2088-05-01", "2008-05-01"),
        ('PINUsageMode="Local"', 'PINUsageMode="Algorithmic"'),
        ("<KeyUsage>", "<NumberOfTransactions>5</NumberOfTransactions><KeyUsage>"),
        ("<Counter><PlainValue>7", "<Counter><PlainValue>-7"),
        ('Length="8"', 'Length="0"'),
        ('Length="8"', 'Length="8_"'),
    ],
)
def test_a_limit_that_cannot_be_kept_is_refused(old: str, new: str):
    assert old in DOCUMENTS["hotp"]
    assert read(DOCUMENTS["hotp"].replace(old, new)) is None
