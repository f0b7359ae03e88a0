"""Makes certificates with the openssl command, and servers' configurations of
them."""
import functools
import pathlib
import re
import ssl
import tempfile
import time

from harness import ENGINE, check, need, run

_made = tempfile.TemporaryDirectory(prefix="certificates-")
FOLDER = pathlib.Path(_made.name)

# What "openssl ca" needs, which alone makes certificates of any time.
AUTHORITY = """[ca]
default_ca = all
[all]
new_certs_dir = .
database = index
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
"""

CONFIGURATION = """
discard = true
hostname = "mx.example.org"
engine = "{engine}"
workers = 2
{server}
listener "smtp" {{
  listen = {{"127.0.0.1:0"}}
  policy {{
    tls = "required"
  }}
  {certificates}
}}
"""


def openssl(*words, **more):
    return run(need("openssl"), *words, cwd=FOLDER, **more)


def sign(name, key, host, start, end):
    """Has |key| sign its own certificate from |start| to |end|."""
    (FOLDER / "index").write_text("")
    (FOLDER / "index.attr").write_text("unique_subject = no\n")
    (FOLDER / "ca.cnf").write_text(AUTHORITY)
    (FOLDER / "names").write_text(f"subjectAltName = DNS:{host}\n")
    openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out",
            f"{name}.csr")
    openssl("ca", "-batch", "-notext", "-selfsign", "-config", "ca.cnf",
            "-keyfile", key, "-in", f"{name}.csr", "-out", f"{name}.pem",
            "-extfile", "names", "-startdate", start, "-enddate", end)


@functools.cache
def made(name, host="mx.example.org", kind="ec", secret=None, dates=None):
    """Makes NAME.pem and NAME.key; returns the path without the ending."""
    key = f"{name}.key"
    options = {"ec": ["EC", "ec_paramgen_curve:P-256"],
               "rsa": ["RSA", "rsa_keygen_bits:2048"]}[kind]
    locked = ["-aes256", "-pass", f"pass:{secret}"] if secret else []
    openssl("genpkey", "-algorithm", options[0], "-pkeyopt", options[1],
            *locked, "-out", key)
    if dates:
        sign(name, key, host, *dates)
    else:
        openssl("req", "-new", "-x509", "-key", key, "-out", f"{name}.pem",
                "-subj", f"/CN={name}", "-days", 3650, "-addext",
                f"subjectAltName=DNS:{host}",
                *(["-passin", f"pass:{secret}"] if secret else []))
    return FOLDER / name


def section(title, stem, *more):
    return "\n".join([f'certificate "{title}" {{', f'chain = "{stem}.pem"',
                      f'key = "{stem}.key"', *more, "}"])


def configuration(*certificates, server=""):
    return CONFIGURATION.format(engine=ENGINE or "mbedtls", server=server,
                                certificates="\n".join(certificates))


def leaf(stem):
    """Returns the first certificate of a file, as it is sent."""
    text = pathlib.Path(f"{stem}.pem").read_text("ascii")
    return ssl.PEM_cert_to_DER_cert(
        re.search("-----BEGIN.*?-----END CERTIFICATE-----", text, re.S)[0])


def expired():
    return made("expired", dates=("20200101000000Z", "20200301000000Z"))


def until(days):
    """Returns the dates of a certificate that has |days| and some hours
    left."""
    end = time.gmtime(time.time() + (days + 0.5) * 24 * 60 * 60)
    return "20200101000000Z", time.strftime("%Y%m%d%H%M%SZ", end)


def shown(server, name=None, *more):
    """Returns the certificate that s_client gets, with the options |more|."""
    asked = ["-servername", name] if name else ["-noservername"]
    text = openssl("s_client", "-starttls", "smtp", "-connect",
                   f"127.0.0.1:{server.port()}", *asked, *more, input=b"")
    found = re.search("-----BEGIN.*?-----END CERTIFICATE-----", text, re.S)
    check(found, f"no certificate:\n{text}")
    return ssl.PEM_cert_to_DER_cert(found[0])


def demand_shown(server, stem, name=None, *more):
    check(shown(server, name, *more) == leaf(stem),
          f"for {name} {more} it is not {stem}")
