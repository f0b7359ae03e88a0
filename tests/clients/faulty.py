"""A small mail server that is as careful as the probe demands, but for one
fault: what the probe says of a server with that fault must be that it fails.

It talks SMTP with PIPELINING, CHUNKING, SIZE and STARTTLS over blocking
sockets, a thread a connection, and throws the mail away.
"""
import ipaddress
import re
import select
import socket
import ssl
import threading

from faulty_stream import LINE_MAX, End, Stream, make_context
from harness import TIMEOUT

ERRORS_MAX = 50
RECIPIENTS_MAX = 200
SIZE_MAX = 1000000
REQUIRED_FREE = (b"NOOP", b"EHLO", b"STARTTLS", b"QUIT")
HTTP = (b"GET", b"POST", b"CONNECT", b"FROM")
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

# Each fault, and what becomes of the server with it.
FAULTS = {
    "keeps-input": "octets behind STARTTLS are commands inside TLS",
    "answers-first": "octets behind STARTTLS are commands before it",
    "clear-after-220": "octets behind STARTTLS are answered in the clear",
    "clear-after-failure": "a failed handshake is told in the clear",
    "clear-inside": "clear text inside TLS is answered",
    "clear-after-notify": "clear text behind close_notify is answered",
    "no-offer": "STARTTLS is not offered",
    "offers": "it is, whatever the setting",
    "starttls-always": "STARTTLS gets 220, whatever the setting",
    "starttls-case": "STARTTLS in small letters is unknown",
    "starttls-parameter": "its parameter is ignored",
    "starttls-early": "it needs no EHLO",
    "starttls-inside": "it is taken inside TLS",
    "starttls-in-transaction": "it is taken in a transaction, which goes on",
    "second-greeting": "a greeting follows the handshake",
    "offers-inside": "STARTTLS is offered inside TLS",
    "keeps-hello": "EHLO is remembered over the handshake",
    "renegotiation": "TLS 1.2 is negotiated again",
    "no-gate": "Required demands nothing",
    "gate-for-noop": "Required refuses NOOP too",
    "gate-parses-chunk": "Required takes a chunk for commands",
    "serves-nothing": "MAIL is refused",
    "auth-clear": "AUTH is offered and taken in the clear",
    "hello-accepted": "every ClientHello gets an answer",
    "tls-1.0": "TLS 1.0 is spoken",
    "tls-1.1": "TLS 1.1 is spoken",
    "null-suites": "suites without encryption are spoken",
    "any-alpn": "the names of protocols are not read",
    "no-alpn": "a client that names SMTP is refused",
    "endless-hello": "a ClientHello may have any length",
    "one-record": "a ClientHello of many records is refused",
    "dies-of-names": "an odd name ends the server",
    "one-read": "the end of a message must come in one read",
    "lenient-end": "many things end a message",
    "commands-in-data": "STARTTLS in a message is answered",
    "bare-ends": "CR and LF alone are data",
    "takes-truncated": "a message that is cut off is taken",
    "dot-ends-chunk": "a dot ends a chunk",
    "parses-chunk": "the chunk of a refused BDAT is commands",
    "lf-lines": "LF ends a command",
    "cr-lines": "CR ends a command",
    "long-lines": "pieces of a long line are commands",
    "any-verb": "what is unknown is taken",
    "drops-octets": "octets that are not ASCII letters and so on are left out",
    "any-hello": "EHLO has no syntax",
    "any-path": "paths have none",
    "any-parameter": "parameters have none",
    "http": "HTTP is an error like others",
    "no-error-limit": "errors have no limit",
    "no-recipient-limit": "recipients have none",
    "few-recipients": "recipients have a low one",
    "no-size-limit": "the declared size is not read",
    "big-ends-data": "the rest of a message that is too big is commands",
    "wraps-size": "the size of a chunk has 32 bits",
    "no-pipelining": "what comes behind a command is lost",
    "lost-before-greeting": "what comes before the greeting is lost",
    "any-order": "commands need no order",
    "keeps-envelope": "RSET and EHLO forget nothing",
    "takes-refused": "a message behind a refused DATA is taken",
    "echo": "replies say what they are about",
    "two-codes": "the lines of a reply have different codes",
    "lf-replies": "the lines of a reply end in LF",
    "no-codes": "replies have no enhanced codes",
    "wrong-class": "the enhanced codes are those of success",
    "codes-in-greeting": "the greeting has an enhanced code",
    "codes-in-ehlo": "the reply to EHLO has one",
    "helo-lists": "HELO lists what EHLO does",
    "proxy-any": "whatever comes first is a PROXY header",
    "proxy-one-read": "a PROXY header must come in one read",
    "proxy-eats": "what is behind a PROXY header is lost",
    "proxy-for-clients": "a proxy has no connections of its own",
}


class Faulty:
    """Listens on a free port while it is entered.  |mode| is a setting or
    "smtps", |proxy| the version of the PROXY header that it expects."""

    def __init__(self, mode, fault=None, proxy=0):
        assert fault is None or fault in FAULTS, fault
        self.mode = mode
        self.fault = fault
        self.proxy = proxy
        self.context = make_context(fault)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self._thread.join(TIMEOUT)

    def stop(self):
        """Listens no more."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has stopped before
        self.listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(TIMEOUT)
            threading.Thread(target=_Conversation(self, connection).run,
                             daemon=True).start()


class _Conversation(Stream):
    hello = b""
    sender = False
    recipients = 0
    errors = 0

    def run(self):
        try:
            self._converse()
        except (End, OSError, ssl.SSLError):
            pass
        finally:
            self._close()

    def _close(self):
        """A reset would destroy what was said last: reads to the end."""
        try:
            self.connection.shutdown(socket.SHUT_WR)
            while self.connection.recv(65536):
                pass
        except OSError:
            pass
        self.connection.close()

    def reply(self, code, enhanced, text=b"Ok"):
        if self.has("wrong-class"):
            enhanced = b"2.0.0"
        if self.has("no-codes"):
            enhanced = b""
        self.send(b" ".join(
            part for part in (b"%d" % code, enhanced, text) if part)
            + (b"\n" if self.has("lf-replies") else b"\r\n"))

    def refuse(self, code, enhanced, text=b"No"):
        self.errors += 1
        if self.errors > ERRORS_MAX and not self.has("no-error-limit"):
            self.reply(421, b"4.7.0", b"Too many errors")
            raise End
        self.reply(code, enhanced, text)

    def _converse(self):
        if self.server.proxy:
            self._read_proxy()
        if self.server.mode == "smtps":
            octets, self.buffer = self.buffer, b""
            self.handshake(octets)
        if self.has("lost-before-greeting"):
            self._lose()
        self._greet()
        while True:
            line = self.line()
            self._command(line)
            if self.has("no-pipelining"):
                self.buffer = b""

    def _lose(self):
        """Throws away what comes at once."""
        if select.select([self.connection], [], [], 0.1)[0]:
            self.receive()
            self.buffer = b""

    def _greet(self):
        self.send(b"220 2.0.0 faulty.example\r\n"
                  if self.has("codes-in-greeting") else
                  b"220 faulty.example\r\n")

    # Commands.

    def _verb(self, line):
        verb = re.match(rb"[A-Za-z]*", line)[0]
        if self.has("starttls-case") and verb != verb.upper():
            return b""
        return verb.upper()

    def _command(self, line):
        if line is None or self.has("drops-octets"):
            line = bytes(octet for octet in line or b"x" * LINE_MAX
                         if 32 <= octet < 127)
        verb = self._verb(line)
        if verb in HTTP and not self.has("http"):
            self.reply(500, b"5.5.2", b"This is no web server")
            raise End
        if self._is_gated(verb):
            if verb == b"BDAT" and not self.has("gate-parses-chunk"):
                self._swallow(line)
            self.refuse(530, b"5.7.0")
            return
        handler = getattr(self, "_do_" + verb.decode().lower(), None)
        if handler is None or len(line) >= LINE_MAX:
            self._do_unknown(line)
        elif re.search(rb"[\0-\x1f\x7f-\xff]", line) and not self._lets(verb):
            self.refuse(501, b"5.5.2")
        else:
            handler(line)

    def _lets(self, verb):
        return (self.has("any-hello") and verb == b"EHLO"
                or self.has("any-path") and verb == b"MAIL"
                or self.has("echo"))

    def _is_gated(self, verb):
        if self.server.mode != "required" or self.tls or self.has("no-gate"):
            return False
        return (verb not in REQUIRED_FREE
                or (verb == b"NOOP" and self.has("gate-for-noop")))

    def _do_unknown(self, line):
        if self.has("any-verb"):
            self.reply(250, b"2.0.0")
        elif self.has("two-codes"):
            self.send(b"500-What?\r\n501 What?\r\n")
        else:
            self.refuse(500, b"5.5.2")

    def _do_noop(self, line):
        self.reply(250, b"2.0.0", line if self.has("echo") else b"Ok")

    def _do_vrfy(self, line):
        self.reply(252, b"2.0.0")

    def _do_quit(self, line):
        self.reply(221, b"2.0.0")
        raise End

    def _do_rset(self, line):
        self._forget()
        self.reply(250, b"2.0.0")

    def _forget(self):
        if not self.has("keeps-envelope"):
            self.sender, self.recipients = False, 0

    def _offers(self):
        offers = [b"PIPELINING", b"CHUNKING", b"ENHANCEDSTATUSCODES",
                  b"SIZE %d" % SIZE_MAX]
        offered = (self.server.mode in ("preferred", "required")
                   and not self.tls and not self.has("no-offer"))
        if (offered or self.has("offers")
                or (self.tls and self.has("offers-inside"))):
            offers.append(b"STARTTLS")
        if self.has("auth-clear"):
            offers.append(b"AUTH PLAIN")
        return offers

    def _do_ehlo(self, line):
        if not re.fullmatch(rb"(?i)EHLO [][\w.:-]+", line) and not self.has(
                "any-hello"):
            self.refuse(501, b"5.5.4")
            return
        self._forget()
        self.hello = line
        code = b"2.0.0 " if self.has("codes-in-ehlo") else b""
        lines = [code + b"faulty.example", *self._offers()]
        self.send(b"".join(b"250-" + text + b"\r\n" for text in lines[:-1])
                  + b"250 " + lines[-1] + b"\r\n")

    def _do_helo(self, line):
        if self.has("helo-lists"):
            self._do_ehlo(b"EHLO x")
            return
        self._forget()
        self.hello = line
        self.reply(250, b"", b"faulty.example")

    def _do_auth(self, line):
        if self.has("auth-clear"):
            self.send(b"334 \r\n")
            self.line()
        self.refuse(502, b"5.5.1")

    # The envelope.

    def _do_mail(self, line):
        path = re.match(rb"(?i)MAIL FROM:<([\w.@-]*)>(.*)", line)
        if not self.hello and not self.has("any-order"):
            self.refuse(503, b"5.5.1")
        elif self.sender and not self.has("any-order"):
            self.refuse(503, b"5.5.1")
        elif self.has("serves-nothing"):
            self.refuse(550, b"5.7.1")
        elif not (path or self.has("any-path")):
            self.refuse(501, b"5.1.7")
        else:
            self._take_sender(path[2] if path else b"")

    def _take_sender(self, parameters):
        size = re.fullmatch(rb"(?: SIZE=(\d+))?", parameters)
        if not size and not self.has("any-parameter"):
            self.refuse(555, b"5.5.4")
        elif (size and int(size[1] or 0) > SIZE_MAX
              and not self.has("no-size-limit")):
            self.refuse(552, b"5.3.4")
        else:
            self.sender = True
            self.reply(250, b"2.1.0")

    def _do_rcpt(self, line):
        most = {"few-recipients": 50,
                "no-recipient-limit": 10000}.get(self.server.fault,
                                                 RECIPIENTS_MAX)
        if not self.sender and not self.has("any-order"):
            self.refuse(503, b"5.5.1")
        elif self.recipients >= most:
            self.reply(452, b"4.5.3")
        else:
            self.recipients += 1
            self.reply(250, b"2.1.5")

    def _do_data(self, line):
        if not self.recipients and not self.has("any-order"):
            self.refuse(503, b"5.5.1")
            if self.has("takes-refused"):
                self._take_message()
            return
        if self.has("no-pipelining"):
            self.buffer = b""
        self.reply(354, b"")
        self._take_message()

    def _take_message(self):
        message = self._take(self._message)
        self._forget()
        if message is None or len(message) > SIZE_MAX:
            self.refuse(552, b"5.3.4")
        elif (re.search(rb"\r(?!\n)|(?<!\r)\n", message)
              and not self.has("bare-ends")):
            self.refuse(554, b"5.6.0")
        else:
            self.reply(250, b"2.0.0")

    def _take(self, read):
        """Returns what |read| reads."""
        try:
            return read()
        except End:
            if self.has("takes-truncated"):
                self.reply(250, b"2.0.0")
            raise

    def _message(self):
        """Reads to the end of a message, and returns it; or None."""
        end = rb"(?:^|\r\n)\.\r\n"
        if self.has("lenient-end"):
            end = rb"[\r\n]\0*\.[\0 .]*[\r\n]"
        if self.has("commands-in-data"):
            end = rb"(?:^|\r\n)(?:\.|STARTTLS)\r\n"
        while not (found := re.search(end, self.buffer)):
            if self.has("one-read"):
                self.buffer = b""
            if self.has("big-ends-data") and len(self.buffer) > SIZE_MAX // 2:
                return None
            self.receive()
        message = self.buffer[:found.start()]
        self.buffer = self.buffer[found.end():]
        return message

    def _swallow(self, line):
        """Takes the chunk of a BDAT."""
        size = int((re.match(rb"(?i)BDAT (\d+)", line) or [0, 0])[1])
        if self.has("wraps-size"):
            size &= 0xffffffff
        if size > SIZE_MAX:
            self.reply(552, b"5.3.4")
            raise End
        while len(self.buffer) < size:
            self.receive()
        self.buffer = self.buffer[size:]

    def _do_bdat(self, line):
        if self.recipients and self.has("dot-ends-chunk"):
            self._message()
        elif self.recipients or not self.has("parses-chunk"):
            self._take(lambda: self._swallow(line))
        if self.recipients:
            self._forget()
            self.reply(250, b"2.0.0")
        else:
            self.refuse(503, b"5.5.1")

    # STARTTLS.

    def _do_starttls(self, line):
        if (self.server.mode in ("no", "smtps")
                and not self.has("starttls-always")):
            self.refuse(502 if not self.tls else 503, b"5.5.1")
        elif self.tls and not self.has("starttls-inside"):
            self.refuse(503, b"5.5.1")
        elif not self.hello and not self.has("starttls-early"):
            self.refuse(503, b"5.5.1")
        elif self.sender and not self.has("starttls-in-transaction"):
            self.refuse(503, b"5.5.1")
        elif line[8:].strip() and not self.has("starttls-parameter"):
            self.refuse(501, b"5.5.4")
        else:
            self._start_tls()

    def _start_tls(self):
        while self.has("answers-first") and b"\r\n" in self.buffer:
            self._command(self.line())
        if self.buffer and not self.has("keeps-input"):
            if self.has("clear-after-220"):
                self.reply(220, b"2.0.0")
                self.reply(500, b"5.5.2")
            else:
                self.reply(554, b"5.5.0")
            raise End
        self.reply(220, b"2.0.0")
        if self.tls:
            return
        octets = self.buffer
        if self.has("keeps-input"):
            while b"\x16\x03" not in octets:
                octets += self.receive_raw()
            at = octets.index(b"\x16\x03")
            self.buffer, octets = octets[:at], octets[at:]
        self.handshake(octets)
        if not self.has("keeps-hello"):
            self.hello = b""
        if self.has("second-greeting"):
            self._greet()

    # The PROXY protocol.

    def _read_proxy(self):
        if self.has("proxy-any"):
            try:
                self.receive()
            except End:
                pass
            self.buffer = b""
            return
        read = self._read_text if self.server.proxy == 1 else self._read_binary
        self.receive()
        while not (size := read(self.buffer)):
            if self.has("proxy-one-read"):
                raise End
            self.receive()
        self.buffer = b"" if self.has("proxy-eats") else self.buffer[size:]

    def _read_text(self, octets):
        """Returns the length of a header, 0: there is more; or raises."""
        end = octets.find(b"\r\n")
        if end > 105 or (end < 0 and (len(octets) > 106 or b"\n" in octets)):
            raise End
        if not b"PROXY ".startswith(octets[:6]):
            raise End
        if end < 0:
            return 0
        words = octets[:end].decode("latin-1").split(" ")
        if words[1] == "UNKNOWN" and not self.has("proxy-for-clients"):
            return end + 2
        try:
            kinds = {"TCP4": ipaddress.IPv4Address,
                     "TCP6": ipaddress.IPv6Address}
            kind, one, other, *ports = words[1:]
            good = all(kinds[kind](text) for text in (one, other)) and all(
                re.fullmatch(r"0|[1-9]\d{0,4}", text) and int(text) < 65536
                for text in ports) and len(ports) == 2
        except (KeyError, ValueError):
            good = False
        if not good:
            raise End
        return end + 2

    def _read_binary(self, octets):
        if not SIGNATURE.startswith(octets[:12]):
            raise End
        if len(octets) < 16:
            return 0
        size = int.from_bytes(octets[14:16], "big")
        is_local = octets[12] == 0x20 and not self.has("proxy-for-clients")
        needed = {0x11: 12, 0x21: 36}.get(octets[13])
        if not is_local and (octets[12] != 0x21 or needed is None
                             or size < needed):
            raise End
        return 16 + size if len(octets) >= 16 + size else 0
