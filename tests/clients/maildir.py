"""The messages that shakod has put into a Maildir."""
import re


class Mail:
    """One file of a Maildir: what delivery wrote before the message, and the
    message itself, to the octet."""

    PARAMETERS = rb"((?: [^\r\n]*\r?\n)+)"
    PATTERN = re.compile(
        rb"Return-Path: <([^\n]*)>\r?\n"
        rb"(?:X-Mail-Parameters:" + PARAMETERS + rb")?"
        rb"(?:X-Authenticated-Identity: ([^\r\n]*)\r?\n)?"
        rb"((?:Delivered-To: [^\n]*\n(?:X-Rcpt-Parameters:(?: [^\n]*\n)+)?)+)"
        rb"(Received: [^\n]*\n(?:[ \t][^\n]*\n)+)")
    RECIPIENT = re.compile(
        rb"Delivered-To: ([^\r\n]*)\r?\n"
        rb"(?:X-Rcpt-Parameters:" + PARAMETERS + rb")?")

    def __init__(self, octets):
        head = self.PATTERN.match(octets)
        assert head, f"no head: {octets[:400]!r}"
        self.sender = head[1].decode()
        self.parameters = (head[2] or b"").decode().split()
        self.identity = head[3] and head[3].decode()
        found = self.RECIPIENT.findall(head[4])
        self.recipients = [path.decode() for path, _ in found]
        self.recipient_parameters = [text.decode().split()
                                     for _, text in found]
        self.received = " ".join(head[5].decode().split())
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
