"""Makes mutants of C functions: one small change each, found by the tokens.

A mutant is named by its file, its function, and the clause that it changes,
with what is changed in double brackets:

    lib/server/starttls.c shako__starttls_take: if (injected [[> => >=]] 0)

A clause is what stands between two of ";", "{" and "}".  Where two mutants of
a function would have the same name, the second has " #2" at its end.
"""
import re

TOKEN = re.compile(r"""
    (?P<blank>\s+|/\*.*?\*/)
  | (?P<line>\#(?:\\\n|[^\n])*)
  | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<name>[A-Za-z_]\w*)
  | (?P<number>\d\w*)
  | (?P<sign>->|\+\+|--|<<|>>|&&|\|\||[-+*/%&|^<>=!]=|.)
""", re.X | re.S)

NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
OTHER_SIGN = {"&&": "||", "||": "&&", "+": "-", "-": "+", "+=": "-=",
              "-=": "+=", "++": "--", "--": "++", "&": "|", "|": "&",
              "^": "|", "<<": ">>", ">>": "<<"}
ENDS = {";", "{", "}"}
LOGIC = {"&&", "||"}
DECLARATION = re.compile(r"(const |static |unsigned |struct )|"
                         r"\w+ \*{0,2}\w+( =|;|,|\[)")


class Token:
    def __init__(self, match):
        self.kind = match.lastgroup
        self.text = match.group()
        self.start, self.end = match.span()
        self.pair = None  # of a bracket: the index of the other one


class Source:
    """A file's tokens, and which function each is in."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.tokens = [Token(m) for m in TOKEN.finditer(text)
                       if m.lastgroup not in ("blank", "line")]
        opened = []
        for at, token in enumerate(self.tokens):
            if token.kind == "sign" and token.text in "([{":
                opened.append(at)
            elif token.kind == "sign" and token.text in ")]}":
                token.pair = opened.pop()
                self.tokens[token.pair].pair = at

    def __getitem__(self, at):
        return self.tokens[at].text

    def span(self, first, last):
        """The text of the tokens |first| to |last|, both in it."""
        return self.text[self.tokens[first].start:self.tokens[last].end]

    def bodies(self):
        """Yields name, first and last token and the head of each function,
        and of each table: a list in braces that has braces in it."""
        at = start = 0
        while at < len(self.tokens):
            if self[at] == "{" and at > start:
                end = self.tokens[at].pair
                head = self.span(start, at - 1)
                found = re.search(r"(\w+)\s*(\(|\[[^\]]*\]|=)", head)
                if found and not head.startswith("typedef"):
                    yield found[1], at, end, head
                at = end
                if self[min(at + 1, len(self.tokens) - 1)] != ";":
                    start = at + 1
            elif self[at] == ";":
                start = at + 1
            at += 1

    def clause(self, at):
        """The first and last token of the clause around |at|."""
        first = last = at
        while self[first - 1] not in ENDS and not (
                self[first - 1] == ":" and self.is_label(first - 1)):
            first = self.tokens[first - 1].pair or first - 1 \
                if self[first - 1] in (")", "]") else first - 1
        while self[last + 1] not in ENDS:
            last = self.tokens[last + 1].pair \
                if self[last + 1] in ("(", "[") else last + 1
        return first, last

    def is_label(self, colon):
        return colon >= 2 and self[colon - 2] in ("case", "default")


class Mutant:
    def __init__(self, source, function, clause, first, last, new):
        """Changes the tokens |first| to |last|, in |clause|, to |new|."""
        old = source.span(first, last)
        start, end = source.tokens[first].start, source.tokens[last].end
        self.path, self.function = source.path, function
        before = source.text[source.tokens[clause[0]].start:start]
        after = source.text[end:source.tokens[clause[1]].end]
        text = f"{before}[[{old} => {new}]]{after}"
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        self.name = f"{self.path} {function}: " + " ".join(text.split())
        self.text = source.text[:start] + new + source.text[end:]


def enumerators(texts):
    """Returns for each enumerator of |texts| those of its type."""
    found = {}
    for text in texts:
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        for body in re.findall(r"\benum\s*\w*\s*\{([^}]*)\}", text):
            names = re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip())
            names = [n for n in names if not n.endswith("_COUNT")]
            found.update({name: names for name in names})
    return found


class Maker:
    """Makes the mutants of one function."""

    def __init__(self, source, name, first, last, head, enums):
        self.source, self.name, self.enums = source, name, enums
        self.first, self.last = first, last
        self.is_bool = bool(re.match(r"(static )?bool ", head))
        self.gives_pointer = "*" in head.split(name + "(")[0]
        self.mutants = []

    def change(self, first, last, new):
        self.mutants.append(Mutant(self.source, self.name,
                                   self.source.clause(first), first, last,
                                   new))

    def operand(self, at):
        """The first and last token of the operand of && || ? around |at|."""
        s, stops = self.source, LOGIC | ENDS | {",", "?", ":", "=", "return"}
        left = s.tokens[at].pair if s[at] in (")", "]") else at
        right = s.tokens[at].pair if s[at] in ("(", "[") else at
        while s[left - 1] not in stops and s[left - 1] not in ("(", "["):
            left = s.tokens[left - 1].pair if s[left - 1] in (")", "]") \
                else left - 1
        while s[right + 1] not in stops and s[right + 1] not in (")", "]"):
            right = s.tokens[right + 1].pair \
                if s[right + 1] in ("(", "[") else right + 1
        return left, right

    def make(self):
        s = self.source
        for at in range(self.first + 1, self.last):
            token = s.tokens[at]
            if self.is_in_label(at):
                continue
            if token.kind == "sign":
                self.change_sign(at)
            elif token.kind == "number" and s[at - 1] != "{" and \
                    not (s[at - 1] == "-" and not self.is_binary(at - 1)):
                new = hex(int(token.text.rstrip("uUlL"), 0) + 1) \
                    if token.text.startswith("0x") \
                    else str(int(token.text.rstrip("uUlL")) + 1)
                self.change(at, at, new)
            elif token.kind == "name":
                self.change_name(at)
            self.delete_statement(at)
        return self.mutants

    def is_in_label(self, at):
        return self.source[at - 1] == "case" or self.source[at] == "case"

    def is_binary(self, at):
        before = self.source.tokens[at - 1]
        if self.source[at] in ("++", "--"):
            return True
        if before.text == ")" and self.is_cast(before.pair, at - 1):
            return False
        return before.text in (")", "]") or (
            before.kind in ("name", "number") and before.text != "return")

    def is_cast(self, first, last):
        inside = self.source.span(first, last)
        return bool(re.fullmatch(r"\((const )?\w+( \*+)?\)", inside)
                    and re.search(r"_t\)|\*\)|\((void|int|unsigned|char)",
                                  inside))

    def change_sign(self, at):
        s, sign = self.source, self.source[at]
        if sign in NEGATED:
            self.change(at, at, NEGATED[sign])
            if sign in BOUNDARY:
                self.change(at, at, BOUNDARY[sign])
        elif sign == "!":
            self.change(at, at, "")
        elif sign in LOGIC:
            self.change(at, at, OTHER_SIGN[sign])
            self.operands_of(at)
        elif sign == "?":
            self.negate(*self.operand(at - 1))
        elif sign in OTHER_SIGN and self.is_binary(at):
            self.change(at, at, OTHER_SIGN[sign])
        elif sign == "(" and s[at - 1] in ("if", "while"):
            self.negate(at + 1, s.tokens[at].pair - 1)

    def operands_of(self, at):
        """Drops and negates the operands of a && or ||; each once, so a right
        one only."""
        s = self.source
        left = self.operand(at - 1)
        right = self.operand(at + 1)
        if s[left[0] - 1] not in LOGIC:
            self.drop(left, s[at])
            self.negate(*left)
        near = {s[at], s[right[1] + 1]}
        self.drop(right, "&&" if "&&" in near else "||")
        self.negate(*right)

    def drop(self, operand, sign):
        self.change(*operand, "true" if sign == "&&" else "false")

    def negate(self, first, last):
        """Negates a condition that no sign in it negates already."""
        s, at, signs = self.source, first, set()
        if s[first] == "(" and s.tokens[first].pair == last:
            return
        while at <= last:
            signs.add(s[at])
            at = s.tokens[at].pair if s[at] in ("(", "[") else at
            at += 1
        if not signs & (LOGIC | set(NEGATED) | {"!"}):
            self.change(first, last, f"!({s.span(first, last)})")

    def change_name(self, at):
        s, name = self.source, self.source[at]
        if name in ("true", "false"):
            self.change(at, at, "false" if name == "true" else "true")
        elif name in self.enums and s[at + 1] != "]":
            names = self.enums[name]
            new = names[(names.index(name) + 1) % len(names)]
            if new != name:
                self.change(at, at, new)
        elif name == "return":
            self.change_return(at)

    def change_return(self, at):
        first, last = at + 1, self.source.clause(at)[1]
        if last == at:
            return
        value = self.source.span(first, last)
        if self.is_bool and value not in ("true", "false"):
            self.negate(first, last)
        elif self.gives_pointer and value != "NULL":
            self.change(first, last, "NULL")

    def delete_statement(self, at):
        s = self.source
        if s[at] != ";" or s[at - 1] in ENDS:
            return
        first, last = s.clause(at - 1)
        text = s.span(first, at)
        if text in ("break;", "return;") or not (
                DECLARATION.match(text) or self.sets_first(text)
                or text.startswith(("return", "(void)", "for", "else"))):
            self.change(first, last, "")

    def sets_first(self, text):
        """Whether |text| sets a variable that was declared without a value:
        without that anything may happen."""
        name = re.match(r"(\w+) = ", text)
        body = self.source.span(self.first, self.last)
        return name and re.search(
            rf"^ *(?!return)\w[\w ]*[ *]{name[1]};", body, re.M)


def mutants_of_functions(source, wanted, enums):
    """Yields the mutants of the functions that wanted() names."""
    for name, first, last, head in source.bodies():
        if "(" in head and wanted(name):
            yield from Maker(source, name, first, last, head, enums).make()


def mutants_of_table(source, table, columns):
    """Yields the mutants of the rows of |table|.  |columns| gives for a
    column's number a function from what stands there to all that may stand
    there instead."""
    for name, first, last, _ in source.bodies():
        if name == table:
            for clause, column, start, end in cells(source, first, last):
                old = " ".join(source.span(start, end).split())
                for new in columns.get(column, lambda _: ())(old):
                    yield Mutant(source, table, clause, start, end, new)


def cells(source, first, last):
    """Yields each cell of a table, or of one row: the clause of its row, the
    number of its column, its first and last token."""
    at, rows = first + 1, 0
    while at < last:
        if source[at] == "{":
            rows += 1
            yield from cells(source, at, source.tokens[at].pair)
            at = source.tokens[at].pair
        at += 1
    if rows == 0:
        yield from row_cells(source, first, last)


def row_cells(source, first, last):
    start, column, at = first + 1, 0, first + 1
    while at <= last:
        if source[at] in (",", "}"):
            yield (first + 1, last - 1), column, start, at - 1
            start, column = at + 1, column + 1
        at = source.tokens[at].pair if source[at] == "(" else at
        at += 1


def number(mutants):
    """Makes the names unique."""
    seen = {}
    for mutant in mutants:
        seen[mutant.name] = seen.get(mutant.name, 0) + 1
        if seen[mutant.name] > 1:
            mutant.name += f" #{seen[mutant.name]}"
    return mutants
