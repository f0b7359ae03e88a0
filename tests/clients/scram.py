"""A line of a file of passwords, and a client of SCRAM-SHA-256 (RFC 5802, RFC
7677)."""
import base64
import functools
import hashlib
import hmac

from harness import SHAKOD, Skip, run, same

NAME, PASSWORD = "joe", "geheim"


def secrets(name, password, iterations, salt=b"0123456789abcdef"):
    """Returns a line that was made elsewhere."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    key = hmac.digest(salted, b"Client Key", "sha256")
    return "{}:{{SCRAM-SHA-256}}{},{},{},{}".format(
        name, iterations, base64.b64encode(salt).decode(),
        base64.b64encode(hashlib.sha256(key).digest()).decode(),
        base64.b64encode(hmac.digest(salted, b"Server Key",
                                     "sha256")).decode())


QUICK = secrets(NAME, PASSWORD, 4096)


@functools.cache
def has_sasl():
    said = run(SHAKOD, "--password", NAME, status=None, input=b"x")
    return "built without GNU SASL" not in said


def need_sasl():
    """Skips the case where shakod cannot judge a password."""
    if not has_sasl():
        raise Skip("built without GNU SASL")


def encoded(text):
    octets = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(octets).decode() or "="


class Scram:
    """A client of SCRAM-SHA-256."""

    def __init__(self, name=NAME, password=PASSWORD, head="n,,"):
        self.head, self.password = head, password
        self.first = f"n={name},r=fyko+d2lbbFgONRv9qkxdawL"

    def begin(self, client):
        """Returns what the server says of the name: nonce, salt, count."""
        reply = client.ask("AUTH SCRAM-SHA-256 "
                           + encoded(self.head + self.first), "334 ")
        self.challenge = base64.b64decode(reply[4:]).decode()
        return dict(word.split("=", 1) for word in self.challenge.split(","))

    def final(self, said):
        """Returns what proves that the password is known."""
        self.salted = hashlib.pbkdf2_hmac(
            "sha256", self.password.encode(), base64.b64decode(said["s"]),
            int(said["i"]))
        key = hmac.digest(self.salted, b"Client Key", "sha256")
        final = f"c={encoded(self.head)},r={said['r']}"
        self.all = f"{self.first},{self.challenge},{final}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), self.all,
                                "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature))
        return f"{final},p={encoded(proof)}"

    def prove(self, client, start="235 2.7.0 "):
        """Goes on to the end, whose reply is to begin with |start|."""
        final = encoded(self.final(self.begin(client)))
        if not start.startswith("235"):
            client.ask(final, start)
            return
        reply = client.ask(final, "334 ")
        wanted = hmac.digest(hmac.digest(self.salted, b"Server Key", "sha256"),
                             self.all, "sha256")
        same(base64.b64decode(reply[4:]).decode(), "v=" + encoded(wanted))
        client.ask("", start)
