#!/usr/bin/env python3
"""Makes the certificates beside it again, valid from 2000 to 2100.

They are for tests alone: their keys are public.
"""
import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).parent
PLAIN = form.NoEncryption()
SECRET = form.BestAvailableEncryption(b"secret")
PKCS8 = form.PrivateFormat.PKCS8
TRADITIONAL = form.PrivateFormat.TraditionalOpenSSL


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(key, subject, issuer=None, issuer_key=None, ca=False):
    names = x509.SubjectAlternativeName([x509.DNSName("mail.example.org")])
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) \
        else hashes.SHA256()
    return (x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer or subject))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2000, 1, 1))
            .not_valid_after(datetime.datetime(2100, 1, 1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(names, critical=False)
            .sign(issuer_key or key, algorithm)
            .public_bytes(form.Encoding.PEM))


def private(key, layout=PKCS8, encryption=PLAIN):
    return key.private_bytes(form.Encoding.PEM, layout, encryption)


def write(path, *parts):
    (HERE / path).write_bytes(b"".join(parts))


def main():
    rsa2048 = rsa.generate_private_key(65537, 2048)
    rsa1024 = rsa.generate_private_key(65537, 1024)
    ecdsa = ec.generate_private_key(ec.SECP256R1())
    other = ec.generate_private_key(ec.SECP256R1())
    authority = ec.generate_private_key(ec.SECP384R1())
    ed = ed25519.Ed25519PrivateKey.generate()
    koblitz = ec.generate_private_key(ec.SECP256K1())
    subject = "mail.example.org"

    write("rsa2048.pem", certificate(rsa2048, subject))
    write("rsa2048.key", private(rsa2048))
    write("rsa1024.pem", certificate(rsa1024, subject))
    write("rsa1024.key", private(rsa1024, TRADITIONAL))
    write("ecdsa.pem", certificate(ecdsa, subject))
    write("ecdsa.key", private(ecdsa, TRADITIONAL))
    write("other.key", private(other))
    write("ed25519.pem", certificate(ed, subject))
    write("ed25519.key", private(ed))
    write("secp256k1.pem", certificate(koblitz, subject))
    write("secp256k1.key", private(koblitz))
    write("encrypted.key", private(ecdsa, PKCS8, SECRET))
    write("encrypted-traditional.key", private(ecdsa, TRADITIONAL, SECRET))

    root = certificate(authority, "authority", ca=True)
    leaf = certificate(ecdsa, subject, "authority", authority)
    write("authority.pem", root)
    write("chain.pem", leaf, root)
    write("both.pem", private(ecdsa), leaf, root)
    write("broken-chain.pem", leaf, b"-----BEGIN CERTIFICATE-----\n"
          b"bm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n")
    write("broken.pem", b"-----BEGIN CERTIFICATE-----\n"
          b"bm8gY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n")
    write("broken.key", b"-----BEGIN PRIVATE KEY-----\n"
          b"bm8ga2V5\n-----END PRIVATE KEY-----\n")
    write("garbage.pem", b"This is not a certificate.\n")
    write("empty.pem")


main()
