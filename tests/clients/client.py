"""An SMTP client that can misbehave: it decides about every octet and every
TLS record that it sends."""
import socket
import ssl

from harness import TIMEOUT, check, same
from queues import Queues

TLS12 = ssl.TLSVersion.TLSv1_2
TLS13 = ssl.TLSVersion.TLSv1_3

# A message with all that a line of mail may have: dots where they count, octets
# above 127, the longest line, text that looks like a command.
MESSAGE = (b"From: <a@b.example>\r\nSubject: dots\r\n\r\n"
           b".\r\n..\r\n...\r\n.a line\r\n..b\r\na.\r\n. \r\n"
           b"STARTTLS\r\nQUIT\r\nFrom here\r\n\r\n \t \r\n"
           b"\xc3\xa4 \xe9\xff\x80\r\n" + b"x" * 998 + b"\r\n\r\n..")


def stored(message):
    """Returns |message| as a Maildir has it."""
    return message.replace(b"\r\n", b"\n") + b"\n"


def stuffed(message):
    """Returns |message| as DATA takes it (RFC 5321 4.5.2), and the end."""
    return (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:] + b"\r\n.\r\n"


def make_context(version=None, trust=None):
    """Returns a context for exactly the |version|, that believes anything; or
    only what the certificates in the file |trust| vouch for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(trust)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


def client_hello(context=None):
    """Returns the octets with which a client begins TLS."""
    outgoing = ssl.MemoryBIO()
    tls = (context or make_context()).wrap_bio(ssl.MemoryBIO(), outgoing)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Tls:
    """The client's end of TLS, between two buffers."""

    def __init__(self, context, name):
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.object = context.wrap_bio(self.incoming, self.outgoing,
                                       server_hostname=name)
        self.notified = False  # of the peer's end

    def open(self, octets):
        """Decrypts what was received."""
        clear = b""
        self.incoming.write(octets)
        try:
            while not self.notified:
                piece = self.object.read(65536)
                self.notified = piece == b""
                clear += piece
        except ssl.SSLZeroReturnError:
            self.notified = True
        except ssl.SSLWantReadError:
            pass
        return clear


class Client:
    tls = None
    queues = None
    unread = b""

    def __init__(self, port, host="127.0.0.1", source=None):
        """Connects, from the address |source| if there is one."""
        self.socket = socket.create_connection(
            (host, port), TIMEOUT, source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        if self.queues:
            self.queues.netlink.close()

    def send_raw(self, octets):
        """Sends |octets| past TLS."""
        self.socket.sendall(octets)

    def send(self, octets):
        """Sends |octets| in one write; inside TLS in one record."""
        self.send_raw(self.seal(octets) if self.tls else octets)

    def seal(self, octets):
        """Returns |octets| as a record, or as records where it takes more."""
        self.tls.object.write(octets)
        return self.tls.outgoing.read()

    def close_notify(self):
        """Returns the record that ends TLS."""
        try:
            self.tls.object.unwrap()
        except ssl.SSLWantReadError:
            pass
        return self.tls.outgoing.read()

    def send_pieces(self, *pieces):
        """Sends one after the other, each once the server has read those
        before it."""
        for piece in pieces:
            self.send(piece)
            self.settle()

    def settle(self):
        """Waits until the server has read all that was sent."""
        self.queues = self.queues or Queues()
        self.queues.wait(self.socket.getpeername(), self.socket.getsockname())

    def receive(self):
        """Receives some more; returns whether there was any."""
        octets = self.socket.recv(65536)
        self.unread += self.tls.open(octets) if self.tls else octets
        return octets != b""

    def line(self):
        while b"\r\n" not in self.unread:
            check(self.receive(), f"the stream ended after {self.unread!r}")
        line, self.unread = self.unread.split(b"\r\n", 1)
        check(b"\n" not in line and b"\r" not in line, f"bare end: {line!r}")
        return line.decode("latin-1")

    def reply(self):
        """Returns the next reply, its lines separated by LF."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
            same(lines[-1][:3], lines[0][:3])
        return "\n".join(lines)

    def expect(self, start):
        """Demands that the next reply begins with |start|; returns it."""
        reply = self.reply()
        check(reply.startswith(start), f"got {reply!r}, wanted {start!r}")
        return reply

    def ask(self, command, start):
        """Sends a command line and demands a reply."""
        octets = command if isinstance(command, bytes) else command.encode()
        self.send(octets + b"\r\n")
        return self.expect(start)

    def rest(self):
        """Returns what comes until the end of the stream.  A reset raises."""
        while self.receive():
            pass
        rest, self.unread = self.unread, b""
        return rest

    def demand_end(self):
        same(self.rest(), b"")

    def handshake(self, context=None, name=None, send=None):
        """Begins TLS; |send| sends what the handshake says."""
        send = send or self.send_raw
        self.tls = tls = Tls(context or make_context(), name)
        while True:
            try:
                tls.object.do_handshake()
                break
            except ssl.SSLWantReadError:
                send(tls.outgoing.read())
                octets = self.socket.recv(65536)
                check(octets, "the stream ended in the handshake")
                tls.incoming.write(octets)
            except ssl.SSLError:
                send(tls.outgoing.read())
                raise
        send(tls.outgoing.read())
        self.unread = tls.open(b"")

    def starttls(self, **more):
        self.ask("STARTTLS", "220 2.0.0 ")
        same(self.unread, b"")
        self.handshake(**more)

    def greeted(self):
        """Takes the greeting and says EHLO."""
        self.expect("220 ")
        self.ask("EHLO client.example", "250-")
        return self

    def secured(self, context=None):
        """Goes on to an EHLO inside TLS."""
        self.greeted().starttls(context=context)
        self.ask("EHLO client.example", "250-")
        return self

    def transaction(self, *recipients):
        """Goes on to the text of a message."""
        self.ask("MAIL FROM:<a@b.example>", "250 2.1.0 ")
        for recipient in recipients or ["c@d.example"]:
            self.ask(f"RCPT TO:<{recipient}>", "250 2.1.5 ")
        self.ask("DATA", "354 ")

    def deliver(self, message=MESSAGE, *recipients):
        self.transaction(*recipients)
        self.send(stuffed(message))
        return self.expect("250 2.0.0 ")

    def quit(self):
        self.ask("QUIT", "221 2.0.0 ")
        self.demand_end()
