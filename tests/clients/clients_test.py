#!/usr/bin/env python3
"""Real clients and raw sockets against a real shakod.  SHAKOD names it."""

import os
import shutil
import smtplib
import ssl
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from server import Server, converse  # noqa: E402

BODY = "Subject: hi\r\n\r\none\r\n.two\r\n..\r\nthree\r\n"
KEPT = BODY.replace("\r\n", "\n").encode()


def context(version=None):
    made = ssl._create_unverified_context()
    if version:
        made.minimum_version = made.maximum_version = version
    return made


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=60,
                          errors="replace", **more)


def program(name):
    return unittest.skipUnless(shutil.which(name), name + " is missing")


class Settings(unittest.TestCase):
    """T28 and its like, over the wire."""

    BEFORE = ["HELO c.example", "RSET", "MAIL FROM:<a@b.example>",
              "RCPT TO:<a@b.example>", "DATA", "VRFY a", "EXPN a", "HELP",
              "AUTH PLAIN AA==", "mail from:<>", "XYZZY", "BDAT 0 LAST",
              "MAIL FROM:<\0>", "X" * 5000]

    def test_t28_required_refuses_all_but_four(self):
        with Server("--tls", "required") as server:
            for hello in ([], ["EHLO c.example"]):
                with server.connect() as sock:
                    said = converse(sock, *hello, *self.BEFORE, "NOOP",
                                    "QUIT")
                    for reply in said[1 + len(hello):-2]:
                        self.assertEqual(reply, "530 5.7.0 Must issue a "
                                         "STARTTLS command first")
                    self.assertTrue(said[-2].startswith("250"))
                    self.assertTrue(said[-1].startswith("221"))
            line = server.wait(lambda x: "end=quit" in x)
            self.assertIn(f"refused=tls-required:{len(self.BEFORE)} ", line)
            self.assertIn(" tls=none messages=0 ", line)

    def test_c018_starttls_is_refused_in_order(self):
        with Server("--tls", "no") as server, server.connect() as sock:
            said = converse(sock, "STARTTLS x", "EHLO c.example", "STARTTLS")
            self.assertEqual([x[:9] for x in said[1::2]],
                             ["502 5.5.1", "502 5.5.1"])
        with Server("--tls", "preferred") as server, server.connect() as sock:
            said = converse(sock, "STARTTLS", "HELO c.example", "STARTTLS",
                            "EHLO c.example", "STARTTLS x",
                            "MAIL FROM:<a@b.example>", "STARTTLS", "RSET",
                            "STARTTLS  ")
            self.assertEqual([said[i][:9] for i in (1, 3, 5, 7, 9)],
                             ["503 5.5.1", "503 5.5.1", "501 5.5.4",
                              "503 5.5.1", "220 2.0.0"])

    def test_no_is_the_default_and_serves_in_the_clear(self):
        with Server() as server:
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                client.ehlo("c.example")
                self.assertFalse(client.has_extn("starttls"))
                client.sendmail("a@b.example", ["c@d.example"], BODY)
            (message,) = server.messages()
            self.assertTrue(message.endswith(KEPT))
            self.assertIn(b" with ESMTP id ", message)
            server.wait(lambda x: "tls=none messages=1 " in x)


class Attacks(unittest.TestCase):
    def test_t01_octets_behind_starttls_end_the_connection(self):
        for behind in (b"NOOP\r\n", b"EHLO x\r\nMAIL FROM:<a@b.example>\r\n",
                       b"NOOP", b"\x16\x03\x01"):
            with Server("--tls", "required") as server, \
                    server.connect() as sock:
                converse(sock, "EHLO c.example")
                sock.sendall(b"STARTTLS\r\n" + behind)
                data = b""
                while more := sock.recv(4096):
                    data += more
                self.assertEqual(data.count(b"\r\n"), 1, data)
                self.assertEqual(data[:9], b"554 5.5.0")
                server.wait(lambda x: "injected-bytes:1" in x)

    def test_t12_garbage_for_a_client_hello_gets_not_one_clear_octet(self):
        for garbage in (b"EHLO x\r\n", b"E", b"QUIT\r\nQUIT\r\n"):
            with Server("--tls", "preferred") as server, \
                    server.connect() as sock:
                converse(sock, "EHLO c.example", "STARTTLS")
                sock.sendall(garbage)
                self.assertEqual(sock.recv(4096), b"")
                server.wait(lambda x: "tls=failed:not-tls" in x)

    def test_t30_text_on_a_tls_port_and_tls_on_a_text_port(self):
        with Server("--tls", "no") as server:
            with server.connect(server.tls_port) as sock:
                sock.sendall(b"EHLO x\r\n")
                self.assertEqual(sock.recv(4096), b"")
            with server.connect() as sock:
                converse(sock)
                sock.sendall(b"\x16\x03\x01\x02\x00\x01")
                self.assertEqual(sock.recv(4096), b"")
            server.wait(lambda x: "end=tls-on-clear-port" in x)

    def test_t33_only_crlf_dot_crlf_ends_a_message(self):
        for end in (b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r",
                    b"\r\n\0.\r\n"):
            with Server() as server, server.connect() as sock:
                converse(sock, "EHLO c.example", "MAIL FROM:<a@b.example>",
                         "RCPT TO:<c@d.example>", "DATA")
                for octet in b"x" + end + b"MAIL FROM:<evil@b.example>\r\n":
                    sock.sendall(bytes([octet]))
                sock.sendall(b"\r\n.\r\nQUIT\r\n")
                file = sock.makefile("rb")
                replies = [file.readline(), file.readline()]
                data = end == b"\r\n\0.\r\n"
                self.assertEqual(replies[0][:9],
                                 b"250 2.0.0" if data else b"554 5.6.0")
                self.assertEqual(replies[1][:3], b"221")
                self.assertEqual(len(server.messages()), int(data))

    def test_t16_a_stream_cut_in_data_delivers_nothing(self):
        with Server("--tls", "preferred") as server:
            client = smtplib.SMTP("127.0.0.1", server.port)
            client.starttls(context=context())
            client.ehlo("c.example")
            client.mail("a@b.example")
            client.rcpt("c@d.example")
            client.docmd("DATA")
            client.sock.sendall(b"half a mess")
            os.close(client.sock.detach())
            server.wait(lambda x: "messages=0" in x and "end=" in x)
            self.assertEqual(server.messages(), [])
            self.assertEqual(server.messages("tmp"), [])


class Clients(unittest.TestCase):
    def check(self, server, with_word=b"ESMTPS", version="TLSv1."):
        line = server.wait(lambda x: "messages=1" in x)
        self.assertIn("tls=" + version, line)
        (message,) = server.messages()
        self.assertIn(b" with " + with_word + b" id ", message)
        self.assertIn(b"Return-Path: <a@b.example>\n", message)
        self.assertIn(b"Delivered-To: c@d.example\n", message)
        return message

    def test_python_over_both_versions_and_ports(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with Server("--tls", "required") as server:
                with smtplib.SMTP("127.0.0.1", server.port) as client:
                    client.starttls(context=context(version))
                    client.sendmail("a@b.example", ["c@d.example"], BODY)
                name = str(version.name).replace("_", ".")
                self.assertTrue(
                    self.check(server, version=name + ",TLS_").endswith(KEPT))
            with Server() as server:
                with smtplib.SMTP_SSL("127.0.0.1", server.tls_port,
                                      context=context(version)) as client:
                    client.sendmail("a@b.example", ["c@d.example"], BODY)
                self.check(server)

    @program("curl")
    def test_curl(self):
        for tls in (False, True):
            with Server("--tls", "required") as server:
                url = (f"smtps://127.0.0.1:{server.tls_port}" if tls else
                       f"smtp://127.0.0.1:{server.port}")
                sent = run(["curl", "-sS", "-k", "--ssl-reqd", url,
                            "--mail-from", "a@b.example", "--mail-rcpt",
                            "c@d.example", "-T", "-"],
                           input=BODY)
                self.assertEqual(sent.returncode, 0, sent.stderr)
                self.check(server)

    @program("swaks")
    def test_swaks(self):
        with Server("--tls", "required") as server:
            sent = run(["swaks", "--server", "127.0.0.1", "--port",
                        str(server.port), "--tls", "--from", "a@b.example",
                        "--to", "c@d.example", "--helo", "c.example"])
            self.assertEqual(sent.returncode, 0, sent.stdout + sent.stderr)
            self.check(server)

    def openssl(self, server, *options, text="QUIT\n"):
        return run(["openssl", "s_client", "-connect",
                    f"127.0.0.1:{server.port}", "-starttls", "smtp", "-crlf",
                    "-quiet", "-ign_eof", *options], input=text)

    @program("openssl")
    def test_openssl_speaks_1_2_and_1_3(self):
        for option, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            with Server("--tls", "required") as server:
                sent = self.openssl(server, option)
                self.assertIn("221 2.0.0", sent.stdout, sent.stderr)
                server.wait(lambda x: f"tls={name},TLS_" in x)

    @program("openssl")
    def test_openssl_is_refused_with_1_0_and_1_1(self):
        for option in ("-tls1", "-tls1_1"):
            with Server("--tls", "required") as server:
                sent = self.openssl(server, option, "-cipher",
                                    "DEFAULT@SECLEVEL=0")
                self.assertNotEqual(sent.returncode, 0)
                self.assertNotIn("221", sent.stdout)
                server.wait(lambda x: "tls=failed:no-shared-version" in x)

    @program("gnutls-cli")
    def test_gnutls(self):
        with Server("--tls", "required") as server:
            sent = run(["gnutls-cli", "--insecure", "--starttls-proto=smtp",
                        "--crlf", "-p", str(server.port), "127.0.0.1"],
                       input="EHLO c.example\nQUIT\n")
            self.assertIn("Handshake was completed", sent.stdout, sent.stderr)
            server.wait(lambda x: "tls=TLSv1." in x)

    @program("openssl")
    def test_a_client_that_distrusts_us_is_told_apart(self):
        with Server("--tls", "required") as server:
            with self.assertRaises(ssl.SSLError):
                with smtplib.SMTP("127.0.0.1", server.port) as client:
                    client.starttls(context=ssl.create_default_context())
            server.wait(lambda x: "tls=failed:certificate-refused" in x)

    def test_postfix_delivers_a_thousand(self):
        source = os.path.join(ROOT, ".deps", "bin", "smtp-source")
        if not os.access(source, os.X_OK):
            self.skipTest("smtp-source is missing")
        with Server("--workers", "2") as server:
            sent = run([source, "-s", "10", "-m", "1000", "-l", "2000", "-f",
                        "a@b.example", "-t", "c@d.example",
                        f"127.0.0.1:{server.port}"])
            self.assertEqual(sent.returncode, 0, sent.stderr)
            self.assertEqual(len(server.messages()), 1000)


class Delivery(unittest.TestCase):
    @program("strace")
    def test_the_250_comes_after_file_and_folder_are_synced(self):
        with Server() as server:
            tracer = subprocess.Popen(
                ["strace", "-f", "-p", str(server.process.pid), "-e",
                 "trace=fsync,fdatasync,rename,renameat,renameat2,write,"
                 "sendto,sendmsg,writev", "-s", "20"],
                stderr=subprocess.PIPE, text=True)
            if "attached" not in tracer.stderr.readline():
                tracer.kill()
                self.skipTest("strace may not attach")
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                client.sendmail("a@b.example", ["c@d.example"], BODY)
            tracer.terminate()
            calls = tracer.stderr.read()
            tracer.wait()
        file = calls.index("sync(")
        rename = calls.index("rename", file)
        folder = calls.index("sync(", rename)
        self.assertIn("250 2.0.0", calls[folder:])
        self.assertNotIn("250 2.0.0", calls[calls.index("354"):folder])

    def test_a_full_disk_is_452_and_leaves_nothing(self):
        with Server() as server:
            import resource
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                             (20000, 20000))
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                with self.assertRaises(smtplib.SMTPDataError) as caught:
                    client.sendmail("a@b.example", ["c@d.example"],
                                    BODY + "x" * 70 * 1000)
            self.assertEqual(caught.exception.smtp_code, 452)
            self.assertIn(b"4.3.1", caught.exception.smtp_error)
            self.assertEqual(server.messages(), [])
            self.assertEqual(server.messages("tmp"), [])

    def test_sigterm_says_421_to_an_idle_session(self):
        server = Server()
        with server:
            sock = server.connect()
            converse(sock, "EHLO c.example")
        self.assertEqual(sock.recv(4096)[:9], b"421 4.3.2")
        sock.close()


class Start(unittest.TestCase):
    def refused(self, *options):
        out = run([os.environ["SHAKOD"], "--listen", "127.0.0.1:0",
                   *options])
        self.assertEqual(out.returncode, 2, out.stderr)
        self.assertEqual(out.stderr.count("\n"), 1, out.stderr)
        return out.stderr

    def test_t29_an_unusable_certificate_is_an_error(self):
        files = os.path.join(ROOT, "tests", "certificates")
        self.assertIn("missing.pem", self.refused(
            "--tls", "required", "--certificate", "missing.pem", "--key",
            "missing.key"))
        self.assertIn("rsa2048.key", self.refused(
            "--tls", "required", "--certificate", files + "/ecdsa.pem",
            "--key", files + "/rsa2048.key"))

    def test_t29_without_a_certificate_a_demonstration_is_loud(self):
        with Server("--tls", "required") as server:
            server.wait(lambda x: "demonstration certificate" in x)

    def test_bad_flags_and_a_port_in_use(self):
        self.refused("--tls", "maybe")
        self.refused("--workers", "0")
        self.refused("--listen", "127.0.0.1:25x")
        with Server() as server:
            self.refused("--listen", f"127.0.0.1:{server.port}")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
