"""The messages that shakod has put into a Maildir."""
import re


class Mail:
    """One file of a Maildir: what delivery wrote before the message, and the
    message itself, to the octet."""

    PATTERN = re.compile(
        rb"Return-Path: <([^\n]*)>\n"
        rb"((?:Delivered-To: [^\n]*\n)+)"
        rb"(Received: [^\n]*\n(?:\t[^\n]*\n)+)", re.DOTALL)

    def __init__(self, octets):
        head = self.PATTERN.match(octets)
        assert head, f"no head: {octets[:400]!r}"
        self.sender = head[1].decode()
        self.recipients = [line.split(": ", 1)[1]
                           for line in head[2].decode().splitlines()]
        self.received = head[3].decode()
        self.message = octets[head.end():]


class Maildir:
    def __init__(self, path):
        self.path = path

    def names(self):
        """Returns the names of what was delivered, without other files."""
        assert not any((self.path / "cur").iterdir())
        return sorted(file.name for file in (self.path / "new").iterdir())

    def unfinished(self):
        return sorted(file.name for file in (self.path / "tmp").iterdir())

    def demand_empty(self):
        assert self.unfinished() == [], self.unfinished()
        assert self.names() == [], self.names()

    def take_all(self):
        """Returns all messages and removes their files."""
        assert self.unfinished() == [], self.unfinished()
        mails = []
        for name in self.names():
            file = self.path / "new" / name
            mails.append(Mail(file.read_bytes()))
            file.unlink()
        return mails

    def take(self):
        """Returns the one message that is there, and removes its file."""
        mails = self.take_all()
        assert len(mails) == 1, f"{len(mails)} messages and not 1"
        return mails[0]
