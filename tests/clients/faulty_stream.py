"""The connections of faulty.py: octets in the clear or in TLS, lines, and what
can be wrong with these."""
import re
import socket
import ssl

from harness import CERTIFICATES

LINE_MAX = 2048
ALERT = b"\x15\x03\x03\0\x02\x02\x78"  # no_application_protocol
SERVER_HELLO = b"\x16\x03\x01\0\x04\x0e\0\0\0"  # its first octets, more or less
RENEGOTIATION = 1 << 8  # SSL_OP_ALLOW_CLIENT_RENEGOTIATION


class End(Exception):
    """Raised where the connection ends."""


def make_context(fault):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = "rsa2048" if fault == "null-suites" else "ecdsa"
    context.load_cert_chain(CERTIFICATES / f"{name}.pem",
                            CERTIFICATES / f"{name}.key")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if fault in ("tls-1.0", "tls-1.1"):
        context.minimum_version = (
            ssl.TLSVersion.TLSv1 if fault == "tls-1.0"
            else ssl.TLSVersion.TLSv1_1)
        context.set_ciphers("ALL:@SECLEVEL=0")
    if fault == "null-suites":
        context.set_ciphers("NULL:ALL:@SECLEVEL=0")
    if fault == "renegotiation":
        context.options |= RENEGOTIATION
    return context


class Stream:
    """The octets of a connection, in the clear or in TLS, read as lines."""

    def __init__(self, server, connection):
        self.server = server
        self.connection = connection
        self.buffer = b""
        self.tls = None
        self.dead_tls = False  # clear text is read again: a fault
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def has(self, fault):
        return self.server.fault == fault

    def flush(self):
        self.connection.sendall(self.outgoing.read())

    def send(self, octets):
        if self.tls and not self.dead_tls:
            self.tls.write(octets)
            self.flush()
        else:
            self.connection.sendall(octets)

    def receive_raw(self):
        octets = self.connection.recv(65536)
        if not octets:
            raise End
        return octets

    def receive(self):
        """Adds to the buffer; raises at the end."""
        octets = self.receive_raw()
        if self.tls and not self.dead_tls:
            self.incoming.write(octets)
            self._open(octets)
        else:
            self.buffer += octets

    def _open(self, octets):
        try:
            while True:
                piece = self.tls.read(65536)
                if piece == b"":
                    raise ssl.SSLZeroReturnError
                self.buffer += piece
        except ssl.SSLWantReadError:
            self._flush_quietly()
        except ssl.SSLZeroReturnError:
            self._notified(octets)
        except ssl.SSLError as error:
            self._flush_quietly()
            if not self.has("clear-inside"):
                raise End from error
            self.dead_tls = True
            self.buffer += octets

    def _notified(self, octets):
        if self.has("clear-after-notify"):
            self.dead_tls = True
            self.buffer += octets[octets.find(b"NOOP") % (len(octets) + 1):]
            return
        raise End

    def _flush_quietly(self):
        try:
            self.flush()
        except OSError as error:
            raise End from error

    def handshake(self, octets=b""):
        """Begins TLS; |octets| were received already."""
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.server.context.wrap_bio(self.incoming, self.outgoing,
                                           server_side=True)
        try:
            self._judge_hello(octets or self.receive_raw())
            self._shake(tls)
        except (End, ssl.SSLError) as error:
            self._flush_quietly()
            if self.has("clear-after-failure"):
                self.connection.sendall(b"500 5.5.1 What was that?\r\n")
            raise End from error
        self.tls = tls
        self._open(b"")  # what came with the client's last flight

    def _shake(self, tls):
        while True:
            try:
                tls.do_handshake()
                self.flush()
                return
            except ssl.SSLWantReadError:
                self.flush()
                self.incoming.write(self.receive_raw())

    def _judge_hello(self, octets):
        """Looks at the first octets of a handshake, and takes them."""
        alpn = b"\x02h2" in octets and b"\x04smtp" not in octets
        if ((alpn and not self.has("any-alpn"))
                or (self.has("no-alpn") and b"\x04smtp" in octets)
                or (self.has("one-record") and len(octets) < 100)):
            self.connection.sendall(ALERT)
            raise End
        while self.has("endless-hello"):
            self.receive_raw()
        if self.has("hello-accepted"):
            self.connection.sendall(SERVER_HELLO)
            raise End
        if self.has("dies-of-names") and b"a\\" in octets:
            self.server.stop()
            raise End
        self.incoming.write(octets)

    def line(self):
        """Returns the next line without its end, or None: it is too long."""
        ends = {"lf-lines": rb"\r?\n", "cr-lines": rb"\r\n?"}
        end = ends.get(self.server.fault, rb"\r\n")
        is_long = False
        while not (found := re.search(end, self.buffer)):
            if len(self.buffer) > LINE_MAX:
                if self.has("long-lines"):
                    self.buffer = b""
                    return None
                is_long = True
                self.buffer = self.buffer[-1:]  # perhaps a CR
            self.receive()
        line = self.buffer[:found.start()]
        self.buffer = self.buffer[found.end():]
        return None if is_long or len(line) > LINE_MAX else line
