#!/usr/bin/env python3
"""shakoctl: tlsreport, beside what clients did."""
import http.server
import re
import threading

from client import Client
from dialog import Folder, needed
from harness import Server, case, check, main, same


def report(text):
    """Returns the totals of a report, by their names."""
    return {name: int(number) for name, number in
            re.findall(r"^(\S.*?)  +(\d+)$", text.split("\n\n")[0], re.M)}


@case
def a_report_says_what_clients_did():
    with Server("--status", "127.0.0.1:0", "--tls", "preferred") as server, \
            Folder() as folder:
        for secure in True, True, False:
            with Client(server.port()) as client:
                client.greeted()
                if secure:
                    client.starttls()
                    client.ask("EHLO a.example", "250-")
                client.deliver()
                client.quit()
            server.connection(messages=1)
        where = next(line for line in server.lines if "(status)" in line)
        text = folder.ctl(arguments=(
            "tlsreport", re.search(r"[\d.]+:\d+", where)[0]))
        same(report(text), {
            "TLS required: successful": 0, "TLS required: failed": 0,
            "TLS preferred: successful": 2, "TLS preferred: failed": 0,
            "In the clear": 1, "TLS not at issue": 0,
            "Total connections": 3, "Messages encrypted": 2,
            "Total messages": 3})
        check(re.search(r"^127\.0\.0\.1 +3 +2 +3 +2$", text, re.M), text)
        check(re.search(r"^smtp +\S+ +3 +2 +3 +2$", text, re.M), text)


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(self.server.code)
        self.end_headers()
        self.wfile.write(self.server.text)

    def log_message(self, *_):
        pass


def asked(folder, text, code=200, status=1):
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        server.code, server.text = code, text
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        said = folder.ctl(status=status, arguments=(
            "tlsreport", f"127.0.0.1:{server.server_port}"))
        thread.join()
        return said


@case
def what_is_no_report_is_said():
    with Folder() as folder:
        for text, code, word in (
                (b"", 200, "no report"), (b"{", 200, "no report"),
                (b"[" * 100000, 200, "no report"), (b"{}", 404, "response code"),
                (b"{" + b" " * 17 * 1024 * 1024, 200, "Fail")):
            said = asked(folder, text, code)
            check(word in said, said)
        said = asked(folder, b'{"totals": [], "groups": {"a": 1}, "domains": '
                     b'{"rows": [1, {"domain": "\\u001b[2J\\u00ff", '
                     b'"connections": "x"}]}}', status=0)
        check("\x1b" not in said and "?[2J" in said, said)
        said = folder.ctl(status=1, arguments=("tlsreport", "127.0.0.1:1"))
        check("connect" in said, said)
        for address in "localhost:1", "127.0.0.1":
            folder.ctl(status=1, arguments=("tlsreport", address))
        said = folder.ctl(status=1, arguments=("tlsreport",))
        check("set status" in said, said)


needed()
main()
