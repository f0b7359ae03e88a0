#!/usr/bin/env python3
"""shakoctl: alertconfig, answered through a pipe and at a terminal."""
from dialog import CONFIGURATION, MENU, Folder, Terminal, needed
from harness import SHAKOD, case, check, main, run, same

PROMPT = "shakoctl> "
SET = CONFIGURATION.replace("discard = false           /* it's kept */\n", """
alert_maildir = "alerts"  # for all to read
alert "one@example.org" { wants = "System/Critical" }  # by day
alert "two@example.org" { # by night
  # and at weekends
}
alert "three@example.org" { wants = "System, Message Delivery/Critical" }
""")

QUESTIONS = """Please enter a new email address to send alerts.
(Ex: "administrator@example.com")
[]>admin@example.org
Choose the Alert Classes. Separate multiple choices with commas.
1. All
2. System
3. Message Delivery
[1]>2
Select a Severity Level. Separate multiple choices with commas.
1. All
2. Critical
3. Warning
4. Information
[1]>2, warning
"""

SHOWN = """
Sending alerts to:
1. one@example.org
    Class: System - Severities: Critical
2. two@example.org
    Class: All - Severities: All
3. three@example.org
    Class: System - Severities: All
    Class: Message Delivery - Severities: Critical

Initial number of seconds to wait before sending a duplicate alert: 300
Maximum number of seconds to wait before sending a duplicate alert: 3600
Alerts are sent from: alert@mx.example.org
Alerts are stored in: alerts
"""


def alertconfig(*answers):
    return "alertconfig", *answers, ""


def changed(*pairs, text=SET):
    for old, new in pairs:
        check(old in text, old)
        text = text.replace(old, new)
    return text


@case
def a_recipient_is_asked_for_as_the_appliances_do():
    with Folder() as folder, Terminal(folder) as user:
        user.until(PROMPT)
        user.answer("alertconfig")
        user.type("new\n")
        user.until("new\r\n")
        said = user.until(MENU) + user.answer("admin@example.org", "[1]>")
        said += user.answer("2", "[1]>")
        said += user.answer("2, warning", "warning\r\n")
        same(said.replace("\r\n", "\n"), QUESTIONS)
        user.until(MENU)
        user.answer("alerts")
        said = user.answer("").replace("\r\n", "\n")
        for line in ("\nSending alerts to:\n1. admin@example.org\n",
                     "    Class: System - Severities: Critical, Warning\n",
                     "\nAlerts are stored in: alerts\n"):
            check(line in said, said)
        user.answer("", PROMPT)
        user.answer("commit", PROMPT)
        user.type("exit\n")
        user.end()
        run(SHAKOD, "--check", folder.config)
        check('\nalert_maildir = "alerts" ' in folder.text(), folder.text())
        check(folder.text().endswith(
            'alert "admin@example.org" {\n'
            '  wants = "System/Critical, System/Warning"\n}\n'),
            folder.text())


@case
def what_is_configured_is_shown():
    with Folder(SET) as folder:
        text = folder.unchanged(*alertconfig(), "exit")
        check(SHOWN in text, text)
    with Folder(changed(('alert_maildir = "alerts"  # for all to read', """
alert_maildir = "alerts"
alert_relay = "[::1]:2525"
alert_from = "guard@example.org"
alert_wait = 5
alert_max_wait = 0"""))) as folder:
        text = folder.unchanged(*alertconfig(), "exit")
        for line in ("duplicate alert: 5\n", "duplicate alert: 0\n",
                     "Alerts are sent from: guard@example.org\n",
                     "Alerts are handed to: [::1]:2525, TLS Preferred\n"
                     "Alerts are stored in: alerts, if that fails\n"):
            check(line in text, text)


@case
def an_edit_changes_what_it_is_about_alone():
    one, three = '"System/Critical"', '"System, Message Delivery/Critical"'
    two = "  # and at weekends\n"
    maildir = 'alert_maildir = "alerts"  # for all to read'
    for answers, *pairs in (
            (("edit", "1", "all", ""), (one, '"All/Critical"')),
            (("edit", "one@EXAMPLE.org", "", "2,3,4"), (one, '"System"')),
            (("edit", "1", "1", "1"), (one, '"All"')),
            (("edit", "1", "3", "4,2"), (
                one, '"Message Delivery/Critical, '
                     'Message Delivery/Information"')),
            (("edit", "2", "2", ""), (two, two + '  wants = "System"\n')),
            (("edit", "3", "1", "2"), (three, '"All/Critical"')),
            (("edit", "3", "", "3"), (three, '"All/Warning"')),
            (("delete", "two@example.org"),
             ('alert "two@example.org" { # by night\n' + two + "}\n", "")),
            (("delete", "3"),
             (f'alert "three@example.org" {{ wants = {three} }}\n', "")),
            (("setup", "5", "60"), (
                maildir, maildir + "\nalert_wait = 5\nalert_max_wait = 60")),
            (("from", "me@example.org"), (
                maildir, maildir + '\nalert_from = "me@example.org"')),
            (("delivery", "", "relay.example.com:2525"), (
                maildir, maildir + '\nalert_relay = "relay.example.com:2525"')),
            (("delivery", "none", "relay"), (
                "\n" + maildir, 'alert_relay = "relay"\n\n'
                "  # for all to read")),
            (("delete", "3", "delete", "2", "delete", "1", "delivery", "none",
              ""), (SET[SET.index("alert_maildir"):SET.index("\nlistener")],
                    "  # for all to read\n  # by day\n"))):
        with Folder(SET) as folder:
            folder.commit(*alertconfig(*answers))
            same(folder.text(), changed(*pairs))


@case
def a_relay_obeys_the_destination_controls_if_there_are_any():
    with Folder(SET) as folder:
        text = folder.commit("destconfig", "new", "relay", "3", "", "",
                             *alertconfig("delivery", "", "relay"))
        check("what destconfig says.\n" in text, text)
        check("Alerts are handed to: relay, TLS as destconfig says\n" in text,
              text)
        check('destinations = "destinations"\n' in folder.text(),
              folder.text())


@case
def what_is_wrong_changes_nothing():
    for answers, word in (
            (("new", "nobody", ""), "not an address"),
            (("new", "a@b.example\x7f", ""), "control characters"),
            (("new", "one@example.org", ""), "there already"),
            (("edit", "4"), "no such address"),
            (("edit", "1", "0", "4", "2,x", "2", "5", "2"), "from 1 to 4"),
            (("edit", "3", "", ""), "Sending alerts to"),
            (("delete", "four@example.org"), "no such address"),
            (("setup", "x", "-1", "", "86401", ""), "from 0 to 86400"),
            (("from", "me", ""), "not an address"),
            (("delivery", "", "a b", "", ""), "not HOST[:PORT]"),
            (("delivery", "none", "", "", ""), "needs alert_maildir or")):
        with Folder(SET) as folder:
            text = folder.unchanged(*alertconfig(*answers), "commit", "exit")
            check(word in text and "no changes to commit" in text, text)
    odd = changed(('= "System/Critical"', '= "System/Critical" # now\n'),
                  text=SET.replace(" }  # by day", "}"))
    with Folder(odd) as folder:
        folder.commit(*alertconfig("edit", "1", "1", "1"))
        check('wants = "All" # now\n' in folder.text(), folder.text())
    with Folder(None) as folder:
        text = folder.unchanged(*alertconfig("new", "setup", "from",
                                             "delivery"), "exit")
        same(text.count("Create a listener first.\n"), 4)


@case
def no_answer_no_change():
    dialog = alertconfig(
        "new", "a@b.example", "2", "3", "edit", "1", "1", "1", "setup", "1",
        "2", "from", "me@example.org", "delivery", "b", "relay", "delete", "1")
    with Folder(SET) as folder:
        for i in range(len(dialog)):
            folder.unchanged(*dialog[:i], status=None)
            folder.unchanged(*dialog[:i + 1], end="", status=None)
    with Folder(SET) as folder, Terminal(folder) as user:
        before = folder.files()
        user.until(PROMPT)
        for answer in "alertconfig", "delete", "1":
            user.answer(answer)
        user.answer("new")
        user.answer("a@b.example", "[1]>")
        user.interrupt()
        user.until(PROMPT)
        said = user.answer("commit", PROMPT)
        check("There are no changes to commit." in said, said)
        user.type("exit\n")
        user.end()
        same(folder.files(), before)


needed()
main()
