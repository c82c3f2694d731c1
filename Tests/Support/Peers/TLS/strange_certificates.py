"""Client certificates with strange names, sizes and dates: FOLDER/NAME.crt and .key, and FOLDER/root.crt; give it FOLDER."""
import datetime
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

FOLDER = Path(sys.argv[1])
NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def name(*values, kind=_ASN1Type.UTF8String, part=NameOID.COMMON_NAME):
    return x509.Name([x509.NameAttribute(part, value, kind, _validate=False) for value in values])


def pem(certificate, key, stem):
    (FOLDER / f"{stem}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (FOLDER / f"{stem}.key").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


root_key = ec.generate_private_key(ec.SECP256R1())
root_name = name("root")
root = (x509.CertificateBuilder().subject_name(root_name).issuer_name(root_name).public_key(root_key.public_key())
        .serial_number(1).not_valid_before(NOW - DAY).not_valid_after(NOW + 99 * DAY)
        .add_extension(x509.BasicConstraints(True, None), True).sign(root_key, hashes.SHA256()))
pem(root, root_key, "root")


def make(stem, subject, begin=NOW - DAY, end=NOW + 9 * DAY, serial=None, names=(), critical=None):
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(root_name).public_key(key.public_key())
               .serial_number(serial or x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
               .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), False)
    if critical:
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(critical), b"\x05\x00"), True)
    pem(builder.sign(root_key, hashes.SHA256()), key, stem)


make("nobody", name(), names=["a.test"])
make("line-end", name("alice\r\nX-Admin: yes"))
make("zero", name("alice\0.test"))
make("quotes", name('"alice\\" , CN=root'))
make("letters", name("Åsa 字 \u202e"))
make("wide", name("alice 字", kind=_ASN1Type.BMPString))
make("many-parts", name(*[f"part {number}" for number in range(100)], part=NameOID.ORGANIZATIONAL_UNIT_NAME))
make("long", name("n" * 5000))
make("for-ever", name("for ever"), end=datetime.datetime(9999, 12, 31, 23, 59, 59))
make("old", name("old"), begin=datetime.datetime(1950, 1, 1))
make("over", name("over"), begin=datetime.datetime(1950, 1, 1), end=datetime.datetime(1950, 1, 2))
make("backwards", name("backwards"), begin=NOW + DAY, end=NOW + 2 * DAY)
make("great-serial", name("great serial"), serial=(1 << 159) - 1)
make("names-40k", name("many names"), names=[f"n{number}.{'x' * 60}.test" for number in range(550)])
make("names-200k", name("too many names"), names=[f"n{number}.{'x' * 60}.test" for number in range(2800)])
make("critical", name("critical"), critical="1.3.6.1.4.1.99999.1")
