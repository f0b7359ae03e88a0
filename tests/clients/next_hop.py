"""A next hop that does to a client what it is told to, and tells what it got.

The trouble is one of those in TROUBLES; what a client sent in the clear after
the 220 to STARTTLS is kept apart, since that must be nothing but TLS.
"""
import socket
import ssl
import threading

from harness import TIMEOUT

TROUBLES = {
    "none",            # a good next hop
    "no-starttls",     # it does not offer STARTTLS
    "454",             # STARTTLS is refused
    "cut-before-220",  # ... and gets no reply at all
    "cut-after-220",   # the 220, and the end of the stream
    "not-tls",         # the 220, and SMTP again
    "injected",        # the 220 with more behind it
    "no-ehlo",         # EHLO is refused, HELO is not
    "421",             # as a greeting
    "554",
    "450",             # of RCPT
    "550",
    "raw",             # ... with octets that a terminal obeys
    "cut-in-data",     # the end of the stream in the message
    "silent",          # it never says anything
}

OFFERS = b"250-next.example\r\n250 STARTTLS\r\n"


class NextHop:
    """Listens on a free port while it is entered.  |context| is that of its
    TLS; |trouble| what it does."""

    def __init__(self, context=None, trouble="none"):
        assert trouble in TROUBLES, trouble
        self.context = context
        self.trouble = trouble
        self.messages = []   # (inside TLS, message)
        self.commands = []   # of all connections, TLS or not: (secure, line)
        self.stray = b""     # octets in the clear behind a 220 to STARTTLS
        self.errors = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(TIMEOUT)

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(TIMEOUT)
            try:
                _Conversation(self, connection).run()
            except (OSError, EOFError) as error:
                self.errors.append(error)
            finally:
                connection.close()

    def told(self, secure):
        """Returns the commands that were said inside TLS, or in the clear."""
        return [line for inside, line in self.commands if inside == secure]


class _Conversation:
    def __init__(self, hop, connection):
        self._hop = hop
        self._trouble = hop.trouble
        self._connection = connection
        self._secure = False
        self._buffer = b""

    def _send(self, octets):
        self._connection.sendall(octets)

    def _line(self):
        while b"\n" not in self._buffer:
            more = self._connection.recv(65536)
            if not more:
                raise EOFError
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def run(self):
        if self._trouble == "silent":
            while self._connection.recv(65536):
                pass
            return
        greeting = {"421": b"421 not now\r\n", "554": b"554 go away\r\n"}
        self._send(greeting.get(self._trouble, b"220 next.example\r\n"))
        while True:
            line = self._line()
            self._hop.commands.append((self._secure, line))
            if not self._answer(line.split(b" ")[0].upper()):
                return

    def _answer(self, verb):
        """Answers; returns whether the conversation goes on."""
        replies = {b"EHLO": self._ehlo(), b"RCPT": self._rcpt(),
                   b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
        if verb == b"STARTTLS" and not self._secure:
            return self._starttls()
        self._send(replies.get(verb, b"250 ok\r\n"))
        if verb == b"DATA":
            return self._message()
        return verb != b"QUIT"

    def _ehlo(self):
        if self._trouble == "no-ehlo":
            return b"502 what?\r\n"
        if self._secure or self._trouble == "no-starttls":
            return b"250 next.example\r\n"
        return OFFERS

    def _rcpt(self):
        return {"450": b"450 later\r\n", "550": b"550 nobody\r\n",
                "raw": b"550 \x1b[2J\x9bno\x07\r\n"}.get(
            self._trouble, b"250 ok\r\n")

    def _starttls(self):
        if self._trouble == "454":
            self._send(b"454 TLS not available\r\n")
            return True
        if self._trouble == "cut-before-220":
            return False
        self._send(b"220 go ahead\r\n250 injected\r\n"
                   if self._trouble == "injected" else b"220 go ahead\r\n")
        if self._trouble == "cut-after-220":
            return False
        if self._trouble in ("not-tls", "injected"):
            self._send(b"250 ok\r\n" * 4)
            self._keep_stray()
            return False
        self._connection = self._hop.context.wrap_socket(
            self._connection, server_side=True)
        self._secure = True
        return True

    def _keep_stray(self):
        """Takes all that the client sends, but records of TLS."""
        octets = b""
        try:
            while more := self._connection.recv(65536):
                octets += more
        except OSError:
            pass
        while len(octets) >= 5 and 20 <= octets[0] <= 23 and octets[1] == 3:
            octets = octets[5 + int.from_bytes(octets[3:5], "big"):]
        self._hop.stray += octets

    def _message(self):
        lines = []
        if self._trouble == "cut-in-data":
            self._line()
            return False
        while (line := self._line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        self._hop.messages.append((self._secure, b"\n".join(lines) + b"\n"))
        self._send(b"250 taken\r\n")
        return True


def server_context(chain, key, newest=None, oldest=ssl.TLSVersion.TLSv1_2):
    """Returns the context of a next hop with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = oldest
    if newest is not None:
        context.maximum_version = newest
    context.load_cert_chain(chain, key)
    return context
