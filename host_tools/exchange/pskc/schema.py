"""The elements and attributes of PSKC (RFC 6030 section 11), and what becomes of each: it is read,
or passed over and listed, or the file is refused, by name.

Passed over is what tells people something and does not change codes. Refused is what is not known,
what RFC 6030 forbids to overlook (section 5: a policy that is not understood), what a server cannot
keep (a number of transactions), what stands for values outside the file (a key profile, a key
reference, a reference to a MAC key), and every element that stands twice where it may stand once.
"""

from xml.etree.ElementTree import Element

from host_tools.exchange.key_package import bad
from host_tools.exchange.token_file import Remarks

# By element: the children and the attributes that are read.
_CHILDREN = {
    "KeyContainer": "EncryptionKey MACMethod KeyPackage",
    "EncryptionKey": "DerivedKey",
    "DerivedKey": "KeyDerivationMethod",
    "KeyDerivationMethod": "PBKDF2-params",
    "PBKDF2-params": "Salt IterationCount KeyLength PRF",
    "Salt": "Specified",
    "MACMethod": "MACKey",
    "MACKey": "EncryptionMethod CipherData",
    "EncryptedValue": "EncryptionMethod CipherData",
    "CipherData": "CipherValue",
    "KeyPackage": "DeviceInfo Key",
    "DeviceInfo": "Manufacturer SerialNo Model StartDate ExpiryDate",
    "Key": "Issuer AlgorithmParameters FriendlyName Data Policy",
    "AlgorithmParameters": "Suite ChallengeFormat ResponseFormat",
    "Data": "Secret Counter TimeInterval",
    "Secret": "PlainValue EncryptedValue ValueMAC",
    "Counter": "PlainValue EncryptedValue ValueMAC",
    "TimeInterval": "PlainValue EncryptedValue ValueMAC",
    "Policy": "StartDate ExpiryDate PINPolicy KeyUsage",
}
_ATTRIBUTES = {
    "KeyContainer": "Version",
    "KeyDerivationMethod": "Algorithm",
    "PRF": "Algorithm",
    "MACMethod": "Algorithm",
    "EncryptionMethod": "Algorithm",
    "Key": "Id Algorithm",
    "ChallengeFormat": "Encoding Min Max CheckDigits",
    "ResponseFormat": "Encoding Length CheckDigits",
    "PINPolicy": "PINKeyId PINUsageMode MaxFailedAttempts MinLength MaxLength PINEncoding",
}
# Time and TimeDrift are the token clock's reading when the file was written.
_PASSED_CHILDREN = {
    "KeyContainer": "Signature Extensions",
    "EncryptionKey": "KeyName",
    "DerivedKey": "ReferenceList MasterKeyName DerivedKeyName CarriedKeyName",
    "KeyPackage": "CryptoModuleInfo Extensions",
    "DeviceInfo": "IssueNo DeviceBinding UserId Extensions",
    "Key": "UserId Extensions",
    "Data": "Time TimeDrift",
}
_PASSED_ATTRIBUTES = {
    "KeyContainer": "Id",
    "EncryptionKey": "Id",
    "DerivedKey": "Id Type Recipient",
    "MACKey": "Id Type MimeType Encoding",
    "EncryptedValue": "Id Type MimeType Encoding",
}
_REPEATED = {("KeyContainer", "KeyPackage"), ("KeyPackage", "Key"), ("Policy", "KeyUsage")}
# Where elements of other vocabularies describe things and people, not codes.
_EXTENSIBLE = ("KeyContainer", "KeyPackage", "DeviceInfo", "Key")
_HARMLESS_ATTRIBUTES = (
    "{http://www.w3.org/XML/1998/namespace}",
    "{http://www.w3.org/2001/XMLSchema-instance}",
)
_OF_POLICY = ("Policy", "PINPolicy")


def _words(*tables: dict[str, str]) -> frozenset[str]:
    return frozenset(
        word for table in tables for key, words in table.items() for word in (key, *words.split())
    )


_REFUSED = {"KeyProfileId", "KeyReference", "MACKeyReference", "NumberOfTransactions"}
_OF_OTHERS = (  # XML Signature, XML Encryption and PKCS #5, in their own namespaces
    "KeyName X509Data DerivedKey KeyDerivationMethod PBKDF2-params Salt Specified IterationCount "
    "KeyLength PRF ReferenceList MasterKeyName DerivedKeyName CarriedKeyName EncryptionMethod "
    "CipherData CipherValue Signature"
)
ELEMENTS = (_words(_CHILDREN, _PASSED_CHILDREN) | _REFUSED) - frozenset(_OF_OTHERS.split())
NAMES = _words(_CHILDREN, _PASSED_CHILDREN) | _REFUSED | _words(_ATTRIBUTES, _PASSED_ATTRIBUTES)


def check(where: str, element: Element, remarks: Remarks) -> None:
    """Go through `element` and all in it: take out what is passed over, and note it; KodebrikError,
    beginning with `where`, names the first element or attribute that is refused."""
    tag = element.tag
    read, passed = _of(_CHILDREN, tag), _of(_PASSED_CHILDREN, tag)
    _check_attributes(where, element, remarks)
    seen: set[str] = set()
    for child in list(element):
        if child.tag in passed or (child.tag.startswith("{") and tag in _EXTENSIBLE):
            remarks.pass_over(f"{tag}/{_local(child.tag)}")
            element.remove(child)
        elif child.tag not in read:
            _refuse(where, tag, f"{tag}/{_local(child.tag)}")
        else:
            if child.tag in seen and (tag, child.tag) not in _REPEATED:
                raise bad("pskc-twice", where=where, element=f"{tag}/{child.tag}")
            check(where, child, remarks)
        seen.add(child.tag)


def _check_attributes(where: str, element: Element, remarks: Remarks) -> None:
    tag = element.tag
    for name in element.attrib:
        if name in _of(_ATTRIBUTES, tag):
            continue
        if name not in _of(_PASSED_ATTRIBUTES, tag) and not name.startswith(_HARMLESS_ATTRIBUTES):
            _refuse(where, tag, f"{tag}/@{_local(name)}")
        remarks.pass_over(f"{tag}/@{_local(name)}")


def _refuse(where: str, parent: str, element: str) -> None:
    if parent in _OF_POLICY:
        raise bad("pskc-policy", where=where, element=element)
    raise bad("pskc-element-unknown", where=where, element=element)


def _of(table: dict[str, str], tag: str) -> list[str]:
    return table.get(tag, "").split()


def _local(tag: str) -> str:
    return "".join(letter for letter in tag.rpartition("}")[2] if letter.isprintable())[:40]
