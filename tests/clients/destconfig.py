#!/usr/bin/env python3
"""shakoctl: destconfig, on the file of the destination controls."""
from dialog import CONFIGURATION, Folder, Terminal, needed
from harness import case, check, main, same

TABLE = """# where mail goes
[DEFAULT]
table_tls = on      # who offers it
send_tls_req_alert = off
recipient_limit = 0

# the bank
[bank.example]
table_tls="require_verify"# they said so
# and their branches
[.bank.example]
"""


def destconfig(*answers):
    return "destconfig", *answers, ""


@case
def entries_are_made_where_there_is_no_file():
    with Folder() as folder:
        text = folder.commit(*destconfig(
            "new", "partner.example", "3", "2", "setup", "y", "default", "2",
            "", "list"))
        for line in ("There are currently 1 entries configured.",
                     "5. Required (Verify)",
                     "0    (Default)                       Preferred"
                     "             TLS 1.2",
                     "1    partner.example                 Required"
                     "              TLS 1.3"):
            check(line in text, text)
        same(folder.text("destinations"),
             "[DEFAULT]\ntable_tls = on\nsend_tls_req_alert = on\n"
             "[partner.example]\ntls_min_version = 1.3\ntable_tls = required\n")
        same(folder.text(), CONFIGURATION)


@case
def an_edit_changes_what_it_is_about_alone():
    for answers, old, new in (
            (("edit", "1", "1", ""), '"require_verify"#', "off#"),
            (("edit", "BANK.example", "", "2"), "[bank.example]\n",
             "[bank.example]\ntls_min_version = 1.3\n"),
            (("edit", "2", "3", ""), "[.bank.example]\n",
             "[.bank.example]\ntable_tls = required\n"),
            (("default", "4", ""), "= on  ", "= on_verify  "),
            (("setup", "y"), "alert = off", "alert = on"),
            (("delete", ".bank.example"), "[.bank.example]\n", ""),
            (("delete", "1"), '[bank.example]\ntable_tls="require_verify"# '
             "they said so\n", "")):
        with Folder(destinations=TABLE) as folder:
            folder.commit(*destconfig(*answers))
            same(folder.text("destinations"), TABLE.replace(old, new))


@case
def what_is_wrong_changes_nothing():
    odd = TABLE.replace("[DEFAULT]\ntable_tls", "[DEFAULT] table_tls")
    for table, answers, word in (
            (TABLE, ("new", "a..b", "new", "a] [b"), "not a domain"),
            (TABLE, ("edit", "none.example", "delete", "3"), "no such entry"),
            (TABLE, ("edit", "1", "5", "1"), "currently 2"),
            (odd, ("default", "1", ""), "a key that this section sets"),
            ("[x.example]\ntls = on\n", ("new", "list", "setup"),
             "destinations:2:1: ")):
        with Folder(destinations=table) as folder:
            text = folder.unchanged(*destconfig(*answers), "commit", "exit")
            check(word in text and "no changes to commit" in text, text)


@case
def no_answer_no_change():
    dialog = destconfig("new", "a.example", "2", "2", "edit", "1", "3", "1",
                        "default", "4", "2", "setup", "y", "delete", "1",
                        "list")
    with Folder(destinations=TABLE) as folder:
        for i in range(len(dialog)):
            folder.unchanged(*dialog[:i], status=None)
            folder.unchanged(*dialog[:i + 1], end="", status=None)


@case
def what_somebody_else_has_changed_is_not_written_over():
    with Folder(destinations=TABLE) as folder, Terminal(folder) as user:
        user.until("shakoctl> ")
        for answer in "destconfig", "delete", "1":
            user.answer(answer, "]>")
        user.answer("", "shakoctl> ")
        (folder.path / "destinations").write_text(TABLE + "# mine\n")
        before = folder.files()
        said = user.answer("commit", "shakoctl> ")
        check("destinations: it is not what it was" in said, said)
        same(folder.files(), before)


needed()
main()
