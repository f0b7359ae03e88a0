#!/usr/bin/env python3
"""shakoctl: listenerconfig and commit, answered through a pipe and at a
terminal."""
import os
import pwd
import re
import resource
import signal
import tempfile

from dialog import (CONFIGURATION, MENU, SHAKOCTL, TABLE, Folder, Terminal,
                    editing, needed)
from client import Client
from harness import (CONFIG, SHAKOD, TOP, Server, Skip, case, check, main, run,
                     same)

PROMPT = "shakoctl> "

QUESTION = """Do you want to allow encrypted TLS connections?
1. No
2. Preferred
3. Required
[1]>3
You have chosen to enable TLS. Please use the 'certconfig' command to
ensure that there is a valid certificate configured.
"""

SUMMARY = """Name: Inboundmail
Type: Public
Interface: PublicNet (192.168.2.1/24) TCP Port 0
Protocol: SMTP
Default Domain:
Max Concurrency: 1000 (TCP Queue: 50)
Domain map: disabled
TLS: Required
"""

MUST = "530 5.7.0 Must issue a STARTTLS command first"
GONE = "Nothing was committed: the files are as they were.\n"
UNCHANGED = "There are no changes to commit.\n"

REQUIRED = editing("Inboundmail", "tls", "3")


def changed(*pairs, text=CONFIGURATION):
    for old, new in pairs:
        check(old in text, old)
        text = text.replace(old, new)
    return text


@case
def the_question_is_that_of_the_appliances():
    with Folder() as folder, Terminal(folder) as user:
        user.until(PROMPT)
        for text in "listenerconfig", "EDIT", "inboundmail":
            user.answer(text)
        user.answer("tls", "\r\n")  # what is typed is echoed
        said = user.until("[1]>") + user.answer("3", "configured.\r\n")
        same(said.replace("\r\n", "\n"), QUESTION)
        same(said.count("\n"), said.count("\r\n"))
        said = user.until(MENU).replace("\r\n", "\n")
        check(SUMMARY in said, said)
        user.answer("")
        user.answer("", PROMPT)
        user.answer("commit", PROMPT)
        user.type("exit\n")
        user.end()
        check(SUMMARY in run(SHAKOD, "--check", folder.config), "")


@case
def the_session_of_the_readme_is_true():
    text = (TOP / "examples/shakoctl/README.md").read_text("utf-8")
    session = re.search(r"```console\n(.*?)```", text, re.S)[1]
    prompt = r"^(shakoctl> |\[.*?\]>)(.*)\n"
    answers = [found[2] for found in re.finditer(prompt, session, re.M)]
    parts = re.sub(prompt, r"\1", session, flags=re.M).split("...\n")
    pattern = r"[\s\S]*?".join(map(re.escape, parts))
    example = TOP / "examples/shakod"
    with Folder((example / CONFIG).read_text(), **{
            "inbound.hat": (example / "inbound.hat").read_text()}) as folder:
        said = folder.ctl(*answers)
        check(re.fullmatch(pattern, said), said)


@case
def an_edit_changes_what_it_is_about_alone():
    inline = 'private policy { tls = "off" }'
    policy = 'banner_text = "it\'s \\"#1\\" {}"\n'
    for answers, *pairs in (
            (REQUIRED, (policy, policy + '    tls = "required"\n')),
            (editing("1", "tls", "Preferred"),
             (policy, policy + '    tls = "preferred"\n')),
            (editing("Outbound", "tls", "2"), ('"off"', '"preferred"')),
            (editing("2", "name", "Out \"${HOME}\" \\"),
             ("listener Outbound", 'listener "Out \\"\\${HOME}\\" \\\\"')),
            (editing("1", "limits", "20", "", "", "-1", "", "", ""),
             ("who may do what\n",
              "who may do what\n  max_concurrency = 20\n"),
             (policy, policy + "    max_message_size = -1\n")),
            (editing("2", "limits", "", "", "7", "", "", "", ""),
             (inline, inline[:-1] + "max_concurrency = 7 }")),
            (editing("1", "interface", "127.0.0.1:0, [::1]:0", "none"),
             ('{"127.0.0.1:0"}', '{"127.0.0.1:0", "[::1]:0"}'),
             ('  interface = "PublicNet (192.168.2.1/24)"\n', "")),
            (editing("2", "setup", "1", "out.example.org", ""),
             ("type = private", 'type = "public"'),
             (inline[8:], inline[8:] + ' hostname = "out.example.org"')),
            (("listenerconfig", "setup", "mail.example.org", "pid", ""),
             ('"mx.example.org"', '"mail.example.org"'),
             ("/* it's kept */\n", "/* it's kept */\n")),
            (("listenerconfig", "delete", "2", "y", ""),
             (CONFIGURATION[CONFIGURATION.index("listener Outbound"):], ""))):
        with Folder() as folder:
            folder.commit(*answers)
            wanted = changed(*pairs)
            if "pid" in answers:
                wanted = wanted.replace("discard = false ",
                                        'discard = false\npid_file = "pid" ')
            same(folder.text(), wanted)


@case
def what_is_odd_is_edited_or_refused():
    for old, new, answers, word in (
            ('{"127.0.0.1:0"}', '{"127.0.0.1:0" # one\n}',
             ("interface", "127.0.0.1:1", "127.0.0.1:0", ""), "comment"),
            ("tls = \"off\"", "tls = off", (), None),
            ("hat = ", "domain_map += {\"a.example b.example\"}\n hat = ", (),
             ":10: not understood")):
        with Folder(changed((old, new))) as folder:
            name = "Outbound" if word is None else "Inboundmail"
            before = folder.files()
            text = folder.ctl(*editing(name, *answers), "exit",
                              status=2 if "under" in (word or "") else 0)
            check(word is None or word in text, text)
            same(folder.files(), before)


@case
def what_is_no_command_fails():
    with Folder() as folder:
        for arguments in (("nonsense",), ("commitx", "commit")):
            text = folder.unchanged(arguments=arguments, status=2)
            check(f'Unknown command "{arguments[0]}"' in text, text)
        text = folder.unchanged("nonsense", "exit")  # who is asked goes on
        check('Unknown command "nonsense"' in text, text)


@case
def what_shakod_would_refuse_is_asked_again():
    for answers, word in (
            (("limits", "-3", "", "", "", "", "", "", ""), "max_concurrency"),
            (("limits", "010", "", "", "", "", "", "", ""), "a number"),
            (("limits", "1 }", "", "", "", "", "", "", ""), "a number"),
            (("name", "Outbound", ""), "Outbound"),
            (("name", "a\tb", ""), "control"),
            (("name", "x" * 5000, ""), "too long"),
            (("interface", "localhost:25", "", ""), "listen"),
            (("interface", "{", "", ""), "listen"),
            (("tls", "4", ""), "1 to 3"),
            (("setup", "", "a b", "", ""), "hostname"),
            (("nonsense",), "no operation")):
        with Folder() as folder:
            text = folder.unchanged(*editing("1", *answers), "commit", "exit")
            check(word in text and UNCHANGED in text, text)


@case
def a_listener_is_made():
    for config in CONFIGURATION, None:
        with Folder(config) as folder:
            folder.commit("listenerconfig", "new", 'Sub "mission"', "private",
                          "127.0.0.1:0 [::1]:0", "3", "y", "5", "6", "", "",
                          "", "", "", "")
            if config:
                same(folder.text()[:len(config)], config)
            text = run(SHAKOD, "--check", folder.config)
            for line in ('Name: Sub "mission"', "Type: Private",
                         "TLS: Required", "Max Concurrency: 5 (TCP Queue: 6)"):
                check(line in text.splitlines(), text)


@case
def a_table_is_imported_and_exported():
    new = TABLE.replace("192.0.2.7", "203.0.113.7").replace("# who", "# whom")
    with Folder(**{"new.hat": new, "bad.hat": "ALL\n  ACEPT\n"}) as folder:
        path = folder.path

        def access(listener, *answers):
            return editing(listener, "hostaccess", *answers, "")

        text = folder.unchanged(*access("1", "print"), "exit")
        check(TABLE in text, text)
        text = folder.unchanged(*access("1", "import", f"{path}/bad.hat"),
                                "commit", "exit")
        check("bad.hat:2:3: " in text and UNCHANGED in text, text)
        with tempfile.TemporaryDirectory() as pipe:
            os.mkfifo(f"{pipe}/pipe")  # nobody writes into it
            text = folder.unchanged(*access("1", "import", f"{pipe}/pipe"),
                                    "commit", "exit")
        check("not a regular file" in text and UNCHANGED in text, text)
        for name in "inbound.hat", CONFIG:  # both are there already
            text = folder.unchanged(
                *access("2", "import", f"{path}/new.hat", name), "exit")
            check("is there already" in text, text)
        folder.commit(*access("1", "import", f"{path}/new.hat"))
        same((folder.text("inbound.hat"), folder.text()), (new, CONFIGURATION))
        folder.commit(*access("Outbound", "import", f"{path}/new.hat", ""))
        same(folder.text("Outbound.hat"), new)
        check('hat = "Outbound.hat"' in folder.text(), folder.text())
        folder.ctl(*access("2", "export", f"{path}/out.hat"), "exit")
        same(folder.text("out.hat"), new)
        folder.unchanged(*access("1", "export", f"{path}/bad.hat", "n"),
                         "exit")


@case
def no_answer_no_change():
    dialog = (*editing("1", "name", "In", "interface", "127.0.0.1:1", "Net",
                       "limits", "1", "2", "3", "4", "5", "6", "7", "setup",
                       "2", "a.example", "b.example", "tls", "3",
                       "hostaccess", "import", "inbound.hat", ""),
              "listenerconfig", "new", "New", "1", "127.0.0.3:0", "2", "n",
              "delete", "2", "y", "setup", "host.example", "pid", "",
              "showchanges", "clear", "n", "exit", "n", "commi")
    with Folder() as folder:
        for i, answer in enumerate(dialog):
            for end in "\n", answer[:len(answer) // 2], answer:
                text = folder.unchanged(
                    *dialog[:i], "" if end != "\n" else answer,
                    end=end, status=None, cwd=folder.path)
                check("committed.\n" not in text.replace(GONE, ""), text)
        check(text.endswith(GONE), text)
        folder.unchanged(*dialog, "commit", end="", status=1, cwd=folder.path)
        folder.ctl(*dialog, "commit", "exit", cwd=folder.path)
        check('listener "In"' in folder.text(), folder.text())


@case
def an_interrupt_gives_a_command_up():
    steps = ("listenerconfig", "edit", "1", "limits", "9", "8"), \
        ("listenerconfig", "new", "N", "1", "127.0.0.1:0", "2"), \
        ("listenerconfig", "edit", "1", "tls", "3")
    with Folder() as folder, Terminal(folder) as user:
        before = folder.files()
        user.until(PROMPT)
        for answers in steps:
            for count in range(1, len(answers) + 1):
                for answer in answers[:count]:
                    user.answer(answer, "]>")
                user.interrupt()
                user.until(PROMPT)
                check(UNCHANGED[:-1] in user.answer("showchanges", PROMPT), "")
        user.type("half")
        user.interrupt()
        user.until(PROMPT)
        user.type("\x04")
        user.end()
        same(folder.files(), before)


@case
def changes_are_shown_cleared_and_not_forgotten():
    with Folder() as folder:
        text = folder.unchanged(*REQUIRED, "exit", "n", "showchanges", "clear",
                                "", "showchanges", "exit")
        for word in ("Changes entered but not committed.",
                     '\n+    tls = "required"\n', "Changes cleared.",
                     UNCHANGED):
            check(word in text, text)
        folder.unchanged(*REQUIRED, "exit", "y")
        # A command that leaves changes leaves a prompt.
        folder.unchanged(*REQUIRED[1:], status=1, arguments=REQUIRED[:1])
        folder.unchanged("", arguments=REQUIRED[:1])
        text = folder.unchanged("help", "hlep", "exit")
        check("showchanges" in text and 'command "hlep"' in text, text)


@case
def owner_mode_and_links_stay():
    with Folder() as folder:
        real = folder.path / "real"
        real.mkdir()
        folder.config.rename(real / "conf")
        folder.config.symlink_to("real/conf")
        (real / "inbound.hat").write_text(TABLE)
        (real / "conf").chmod(0o640)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(real / "conf", nobody.pw_uid, nobody.pw_gid)
        before = (real / "conf").stat()
        folder.commit(*REQUIRED)
        after = (real / "conf").stat()
        check(folder.config.is_symlink(), "the link is gone")
        for name in "st_mode", "st_uid", "st_gid":
            same(getattr(after, name), getattr(before, name))
        check(after.st_ino != before.st_ino, "written over")
        same({path.name for path in real.iterdir()}, {"conf", "inbound.hat"})


def as_nobody():
    os.setgid(pwd.getpwnam("nobody").pw_gid)
    os.setuid(pwd.getpwnam("nobody").pw_uid)


@case
def what_cannot_be_written_stays_as_it_was():
    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    with Folder() as folder:
        text = folder.unchanged(*REQUIRED, "commit", "exit", "y",
                                preexec_fn=full, status=1)
        check("Nothing was committed." in text and "too large" in text, text)


@case
def a_folder_that_is_not_ours_stays_as_it_was():
    with Folder() as folder:
        folder.path.chmod(0o555)
        more = {}
        if os.geteuid() == 0:
            more["preexec_fn"] = as_nobody
            try:
                run(SHAKOCTL, "--version", **more)
            except PermissionError as error:
                raise Skip("nobody may not run shakoctl") from error
        text = folder.unchanged(*REQUIRED, "commit", "exit", "y", status=1,
                                **more)
        check("Permission denied" in text, text)


@case
def what_is_invalid_is_not_committed():
    for spoil, word in (
            (lambda folder: (folder.path / "inbound.hat").write_text("ALL\n"),
             "inbound.hat:"),
            (lambda folder: (folder.path / "inbound.hat").unlink(),
             "inbound.hat: No such"),
            (lambda folder: folder.config.write_text(
                CONFIGURATION + "# mine\n"), "it is not what it was")):
        with Folder() as folder, Terminal(folder) as user:
            user.until(PROMPT)
            for answer in REQUIRED[:-1]:
                user.answer(answer, "]>")
            user.answer("", PROMPT)
            spoil(folder)
            before = folder.files()
            said = user.answer("commit", PROMPT)
            check(word in said and "Nothing was committed." in said, said)
            same(folder.files(), before)


@case
def a_configuration_that_is_wrong_is_not_edited():
    for text in "", "listener A { }\n", CONFIGURATION + "x = 1\n":
        with Folder(text) as folder:
            folder.unchanged("exit", status=2)


@case
def a_running_shakod_takes_what_is_committed():
    config = changed(('"mail"', '"mail"\npid_file = "shakod.pid"'))
    with Server(config=config, files={"inbound.hat": TABLE}) as server:
        folder = Folder()
        folder.config = server.folder / CONFIG
        with folder, Client(server.ports[0][1]) as before:
            before.greeted()
            text = folder.ctl(*REQUIRED, "commit", "exit")
            check(f"(process {server.pid})" in text, text)
            server.line("shakod: reloaded")
            with Client(server.ports[0][1]) as after:
                after.greeted()
                after.ask("MAIL FROM:<a@b.example>", MUST)
                after.quit()
            before.deliver()
            before.quit()
        text = folder.ctl(*editing("1", "limits", "", "9", *[""] * 5),
                          "commit", "exit")
        check("started again: listen and tcp_queue" in text, text)
        refused = run(SHAKOD, "-c", server.folder / CONFIG, status=2)
        check("shakod.pid: another server" in refused, refused)
        server.stop()
        check(not (server.folder / "shakod.pid").exists(), "it is left behind")
        # A number alone, of whoever has it now, is not believed.
        server.write("shakod.pid", f"{os.getpid()}\n")
        text = folder.ctl(*editing("1", "tls", "1"), "commit", "exit")
        check("shakod does not run." in text, text)


needed()
main()
