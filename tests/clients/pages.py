"""Reads what counts are told in: Prometheus' text format and HTML tables.  What
does not keep to the rules is an AssertionError."""
import re
from html.parser import HTMLParser

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? "
                    r"([0-9]+(?:\.[0-9]+)?)")


def _unescape(value):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value)


def _family(name, types):
    """Returns the family that the sample |name| belongs to."""
    for suffix in "_sum", "_count":
        base = name.removesuffix(suffix)
        if name != base and types.get(base) == "summary":
            return base
    return name


def _check_names(types):
    for name, kind in types.items():
        assert name.endswith("_total") == (kind == "counter"), name
        assert kind in ("counter", "summary"), kind


def exposition(text):
    """Reads Prometheus' text format, version 0.0.4, and demands what promtool
    does.  Returns the samples: {(name, ((label, value), ...)): number}."""
    samples, types, helps, ended, current = {}, {}, set(), set(), None
    assert text.endswith("\n") and text.isascii()
    for line in text[:-1].split("\n"):
        found = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if found:
            what, name, rest = found.groups()
            if what == "HELP":
                assert name not in helps, f"HELP again: {line}"
                helps.add(name)
                ended.add(current)
                current = name
            else:
                assert name == current and name not in types, line
                types[name] = rest
            continue
        found = SAMPLE.fullmatch(line)
        assert found, f"neither a sample nor a comment: {line!r}"
        assert _family(found[1], types) == current, f"out of place: {line}"
        assert current in types and current not in ended, line
        labels = tuple((label, _unescape(value)) for label, value
                       in re.findall(LABEL, found[2] or ""))
        assert len({label for label, _ in labels}) == len(labels), line
        key = (found[1], labels)
        assert key not in samples, f"twice: {line}"
        samples[key] = float(found.groups()[-1])
    _check_names(types)
    return samples


class _Page(HTMLParser):
    """Tables of a page, all of whose elements are opened and closed."""

    VOID = {"meta", "br"}
    KNOWN = VOID | {"html", "head", "title", "style", "body", "h1", "div",
                    "table", "caption", "thead", "tbody", "tr", "th", "td",
                    "em", "meter"}

    def __init__(self):
        super().__init__()
        self.open = []
        self.tables = {}
        self.heading = ""
        self.bad = []  # cells that are drawn so
        self._rows = None
        self._text = ""

    def handle_starttag(self, tag, attributes):
        assert tag in self.KNOWN, f"<{tag}>"
        given = dict(attributes)
        assert set(given) <= {"lang", "charset", "name", "content", "scope",
                              "class", "max", "value", "aria-hidden"}, given
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "th":
            assert given.get("scope") in ("row", "col"), given
        if tag == "tr":
            self._row = []
        if tag in ("th", "td", "caption", "h1"):
            self._text = ""
            self._bad = given.get("class") == "bad"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another"
        if tag in ("th", "td"):
            self._row.append(self._text)
            if self._bad:
                self.bad.append(self._text)
        elif tag == "caption":
            assert self._text not in self.tables
            self._rows = self.tables[self._text] = []
        elif tag == "h1":
            self.heading = self._text
        elif tag == "tr":
            self._rows.append(self._row)

    def handle_data(self, data):
        self._text += data


def page(text):
    """Reads a page of HTML.  Of the result, |tables| are {caption: [heads,
    cells, ...]} of texts."""
    assert text.startswith("<!DOCTYPE html>\n") and text.isascii()
    result = _Page()
    result.feed(text)
    result.close()
    assert result.open == [], result.open
    for caption, rows in result.tables.items():
        assert {len(row) for row in rows} == {len(rows[0])}, caption
    return result
