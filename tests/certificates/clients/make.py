#!/usr/bin/env python3
"""Makes the certificates of clients beside it again, and their authorities.

They are for tests alone: their keys are public.
"""
import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = pathlib.Path(__file__).parent
OLD = datetime.datetime(2000, 1, 1)
PAST = datetime.datetime(2001, 1, 1)
FAR = datetime.datetime(2099, 1, 1)
END = datetime.datetime(2100, 1, 1)


def name(text):
    return x509.Name([
        x509.NameAttribute(NameOID.COMMON_NAME, text),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
    ])


class Pair:
    """A key and its certificate."""

    def __init__(self, subject, issuer=None, ca=False, begin=OLD, end=END,
                 purpose=None, key=None, digest=hashes.SHA256()):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = name(subject)
        signer = issuer or self
        builder = (x509.CertificateBuilder()
                   .subject_name(self.name)
                   .issuer_name(signer.name)
                   .public_key(self.key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(begin)
                   .not_valid_after(end)
                   .add_extension(x509.BasicConstraints(ca, None), True))
        if not ca:
            builder = builder.add_extension(x509.SubjectAlternativeName([
                x509.DNSName("client.example.org"),
                x509.RFC822Name("postmaster@example.org"),
                x509.DNSName("mx.example.org")]), False)
        if purpose:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([purpose]), False)
        self.certificate = builder.sign(signer.key, digest)

    def pem(self):
        return self.certificate.public_bytes(form.Encoding.PEM)

    def write(self, path, *chain):
        private = self.key.private_bytes(
            form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        write(path + ".pem", self.pem(), *(pair.pem() for pair in chain))
        write(path + ".key", private)


def write(path, *parts):
    (HERE / path).write_bytes(b"".join(parts))


def crl(issuer, revoked=(), begin=OLD, end=END):
    builder = (x509.CertificateRevocationListBuilder()
               .issuer_name(issuer.name).last_update(begin).next_update(end))
    for pair in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(pair.certificate.serial_number)
            .revocation_date(OLD).build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(
        form.Encoding.PEM)


def main():
    client = ExtendedKeyUsageOID.CLIENT_AUTH
    authority = Pair("client authority", ca=True)
    other = Pair("another authority", ca=True)
    between = Pair("between", authority, ca=True)
    revoked = Pair("revoked", authority, purpose=client)
    good = Pair("good", authority, purpose=client)
    weak = rsa.generate_private_key(65537, 1024)

    write("authority.pem", authority.pem())
    write("other-authority.pem", other.pem())
    write("both-authorities.pem", authority.pem(), other.pem())
    write("no-authority.pem", authority.pem(), good.pem())
    write("between.pem", between.pem())
    write("authority.crl", crl(authority, [revoked]))
    write("stale.crl", crl(authority, end=PAST))
    write("other.crl", crl(other))
    good.write("good")
    revoked.write("revoked")
    Pair("plain", authority).write("plain")
    Pair("rsa", authority, purpose=client,
         key=rsa.generate_private_key(65537, 2048)).write("rsa")
    Pair("weak", authority, purpose=client, key=weak).write("weak")
    Pair("expired", authority, end=PAST, purpose=client).write("expired")
    Pair("future", authority, begin=FAR, purpose=client).write("future")
    Pair("server", authority,
         purpose=ExtendedKeyUsageOID.SERVER_AUTH).write("server")
    Pair("stranger", other, purpose=client).write("stranger")
    Pair("alone", purpose=client).write("alone")
    Pair("below", between, purpose=client).write("below", between)
    Pair("of a leaf", good, purpose=client).write("of-leaf", good)


if __name__ == "__main__":
    main()
