"""A DNS server that says what a case has scripted, and nothing else.

It listens on a free port of 127.0.0.1, over UDP and TCP.  What it knows no
record of does not exist (NXDOMAIN); a name that has records of other types has
none of this one (an answer without records).  It never asks anybody.
"""
import ipaddress
import socket
import struct
import threading

from harness import TIMEOUT, check

TYPES = {"A": 1, "CNAME": 5, "PTR": 12, "AAAA": 28}
NAMES = {number: name for name, number in TYPES.items()}

# How a question is answered, where not at once and truly.
SERVFAIL = "servfail"  # the server has failed
REFUSED = "refused"
SILENT = "silent"  # never
HELD = "held"  # when the case says release()
RETRIED = "retried"  # not the first time
TRUNCATED = "truncated"  # over UDP with nothing but the bit that says so
GARBAGE = "garbage"  # with octets that are no answer

CODES = {SERVFAIL: 2, REFUSED: 5}
NXDOMAIN = 3


def reverse(address, zone=None):
    """Returns the name of |address| in a zone of a DNS list, or under arpa."""
    pointer = ipaddress.ip_address(address).reverse_pointer
    return pointer if zone is None else pointer.rsplit(".", 2)[0] + "." + zone


def _pack_name(name):
    labels = [label.encode("ascii") for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _pack_record(owner, kind, value):
    if kind in ("A", "AAAA"):
        data = ipaddress.ip_address(value).packed
    else:
        data = _pack_name(value)
    # It lives for no time: nobody remembers what was said before.
    return _pack_name(owner) + struct.pack("!HHIH", TYPES[kind], 1, 0,
                                           len(data)) + data


def _read_question(octets):
    """Returns name, type and the octets of the question."""
    labels, at = [], 12
    while octets[at]:
        labels.append(octets[at + 1:at + 1 + octets[at]].decode("ascii"))
        at += 1 + octets[at]
    kind, = struct.unpack_from("!H", octets, at + 1)
    return ".".join(labels).lower(), NAMES.get(kind, kind), octets[12:at + 5]


class DnsServer:
    def __init__(self):
        self.records = {}  # (name, type): [(owner, type, value)]
        self.how = {}  # (name, type): SERVFAIL and so on
        self.asked = []  # (name, type), in their order
        self.tcp_asked = 0
        self._held = []  # (key, function that sends the answer)
        self._news = threading.Condition()
        self._bind()
        self.at = "127.0.0.1:%d" % self._udp.getsockname()[1]
        self._threads = [threading.Thread(target=work, daemon=True)
                         for work in (self._serve_udp, self._serve_tcp)]

    def _bind(self):
        """Binds both sockets to one port that is free for both."""
        while True:
            self._tcp = socket.create_server(("127.0.0.1", 0))
            self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                self._udp.bind(self._tcp.getsockname())
                return
            except OSError:
                self._tcp.close()
                self._udp.close()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        for end in self._udp, self._tcp:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the datagram one is not connected; it wakes up anyway
        for thread in self._threads:
            thread.join(TIMEOUT)
        self._udp.close()
        self._tcp.close()

    def say(self, name, kind, *values, how=None):
        """Has the question (|name|, |kind|) answered with these |values|."""
        key = name.lower(), kind
        with self._news:
            self.records[key] = [(name, kind, value) for value in values]
            self.how[key] = how

    def host(self, address, name, how=None):
        """Lets |address| have the |name|, and the name the address."""
        kind = "A" if ipaddress.ip_address(address).version == 4 else "AAAA"
        self.say(reverse(address), "PTR", name, how=how)
        self.say(name, kind, address)

    def wait_for(self, name, kind):
        """Waits until that was asked."""
        key = name.lower(), kind
        with self._news:
            self._news.wait_for(lambda: key in self.asked, TIMEOUT)
            check(key in self.asked, f"nobody asked for {key}: {self.asked}")

    def release(self):
        """Sends the answers that are held."""
        with self._news:
            held, self._held = self._held, []
        for send in held:
            send()

    def _answer(self, octets, over_tcp):
        """Returns how and with which octets a question is answered."""
        name, kind, question = _read_question(octets)
        key = name, kind
        with self._news:
            self.asked.append(key)
            self.tcp_asked += over_tcp
            self._news.notify_all()
            how = self.how.get(key)
            if how == RETRIED and self.asked.count(key) == 1:
                how = SILENT
            records = self.records.get(key, [])
            exists = any(known == name for known, _ in self.records)
        code = CODES.get(how, 0 if exists else NXDOMAIN)
        if how in CODES or (how == TRUNCATED and not over_tcp):
            records = []
        flags = 0x8580 | code
        if how == TRUNCATED and not over_tcp:
            flags |= 0x0200
        head = struct.pack("!2sHHHHH", octets[:2], flags, 1, len(records), 0, 0)
        body = b"".join(_pack_record(*record) for record in records)
        if how == GARBAGE:
            head = struct.pack("!2sHHHHH", octets[:2], flags, 1, 9, 0, 0)
            body = b"\xc0\xff\xff"
        return how, head + question + body

    def _reply(self, octets, over_tcp, send):
        how, answer = self._answer(octets, over_tcp)
        if how == HELD:
            with self._news:
                self._held.append(lambda: send(answer))
        elif how != SILENT:
            send(answer)

    def _serve_udp(self):
        while True:
            try:
                octets, peer = self._udp.recvfrom(4096)
            except OSError:
                return
            if not octets:
                return
            self._reply(octets, False,
                        lambda answer, peer=peer: self._udp.sendto(answer,
                                                                   peer))

    def _serve_tcp(self):
        while True:
            try:
                stream, _ = self._tcp.accept()
            except OSError:
                return
            with stream:
                stream.settimeout(TIMEOUT)
                self._serve_stream(stream)

    def _serve_stream(self, stream):
        def send(answer):
            stream.sendall(struct.pack("!H", len(answer)) + answer)

        with stream.makefile("rb") as octets:
            while len(head := octets.read(2)) == 2:
                size, = struct.unpack("!H", head)
                self._reply(octets.read(size), True, send)
