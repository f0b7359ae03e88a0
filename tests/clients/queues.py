"""How much of what was sent to a TCP socket of this machine its program has
not read yet (sock_diag(7)).  So a test knows, without sleeping, that what it
sends next is read apart from what it sent before."""
import errno
import os
import socket
import struct

from harness import Skip

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLMSG_ERROR = 2
ANY_COOKIE = (0xffffffff, 0xffffffff)


def _request(at, peer):
    """Asks for the socket |at| (host, port) that is connected to |peer|."""
    ports = struct.pack("!HH", at[1], peer[1])
    hosts = b"".join(socket.inet_aton(end[0]).ljust(16, b"\0")
                     for end in (at, peer))
    body = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0,
                       0xffffffff) + ports + hosts
    body += struct.pack("=III", 0, *ANY_COOKIE)
    head = struct.pack("=IHHII", 16 + len(body), SOCK_DIAG_BY_FAMILY, 1, 0, 0)
    return head + body


class Queues:
    def __init__(self):
        try:
            self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                         NETLINK_SOCK_DIAG)
        except OSError as error:
            raise Skip(f"sock_diag: {error}") from error

    def unread(self, at, peer):
        """Returns how many octets from |peer| wait at the socket |at|; 0 if
        it is closed."""
        self.netlink.send(_request(at, peer))
        answer = self.netlink.recv(4096)
        if struct.unpack_from("=H", answer, 4)[0] == NLMSG_ERROR:
            error = -struct.unpack_from("=i", answer, 16)[0]
            if error == errno.ENOENT:
                return 0
            raise Skip(f"sock_diag: {os.strerror(error)}")
        return struct.unpack_from("=I", answer, 16 + 4 + 48 + 4)[0]

    def wait(self, at, peer):
        """Waits until the program at |at| has read all from |peer|."""
        while self.unread(at, peer) > 0:
            os.sched_yield()
