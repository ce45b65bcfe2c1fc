"""Looks at C++ sources without a compiler: blanks out comments and literals, finds functions.

Good enough for the house's own style, which clang-format enforces; not a parser.
"""

import bisect
import re
from typing import Iterator, NamedTuple

# In this order: what starts first wins.
_COMMENT_OR_LITERAL = re.compile(
    r"""
      R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"   # raw string
    | //[^\n]*
    | /\*.*?\*/
    | "(?:\\.|[^"\\\n])*"
    | (?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'                      # not a digit separator
    """,
    re.VERBOSE | re.DOTALL,
)


def _spaces(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def strip(text: str) -> str:
    """The text with comments and the insides of literals as spaces, at the same places."""

    def blank(match: re.Match) -> str:
        found = match.group()
        if found.startswith("/"):
            return _spaces(found)
        return '"' + _spaces(found[1:-1]) + '"'

    return _COMMENT_OR_LITERAL.sub(blank, text)


def _without_directives(code: str) -> str:
    """Blanks preprocessor lines, and all branches of an #if but the first."""
    kept = []
    skipping = []  # for each open #if: whether a later branch of it is being skipped
    continued = False
    for line in code.split("\n"):
        directive = re.match(r"\s*#\s*(\w+)", line)
        if continued or directive:
            if not continued:
                word = directive.group(1)
                if word.startswith("if"):
                    skipping.append(False)
                elif word.startswith("el") and skipping:
                    skipping[-1] = True
                elif word == "endif" and skipping:
                    skipping.pop()
            continued = line.endswith("\\")
            kept.append("")
        else:
            kept.append("" if any(skipping) else line)
    return "\n".join(kept)


class Function(NamedTuple):
    name: str
    first_line: int
    last_line: int

    @property
    def length(self) -> int:
        return self.last_line - self.first_line + 1


_SCOPE, _FUNCTION, _OTHER = range(3)
_SCOPE_HEADER = re.compile(r'(inline\s+)?namespace\b|extern\s*"|(class|struct|union)\b')
_NAME = re.compile(
    r"((?:\w+::)*operator\s*(?:\(\)|[^\s(]+)|[~\w:]+)\s*\("  # F(
    r"|(\w+)\s*=\s*\["  # kF = [](
)


def _without_groups(text: str) -> str:
    """Empties parentheses, so that what is left is at the outer level."""
    before = None
    while before != text:
        before = text
        text = re.sub(r"\([^()]+\)", "()", text)
    return text


def _without_template(header: str) -> str:
    """Removes leading template<...> parts."""
    while match := re.match(r"\s*template\s*<", header):
        depth = 1
        at = match.end()
        while at < len(header) and depth > 0:
            depth += {"<": 1, ">": -1}.get(header[at], 0)
            at += 1
        header = header[at:]
    return header


def _clean(header: str) -> str:
    header = re.sub(r"\b(public|private|protected)\s*:(?!:)", " ", header)
    header = re.sub(r"\[\[.*?\]\]", " ", header, flags=re.DOTALL)
    header = _without_template(_without_groups(header))
    return re.sub(r"\balignas\s*\(\)", " ", header).strip()


def _classify(header: str) -> int:
    if _SCOPE_HEADER.match(header):
        return _SCOPE
    if header.startswith("enum"):
        return _OTHER
    if "=" in header and "operator" not in header:
        is_lambda = re.search(r"=\s*\[[^\]]*\]\s*\(\)", header)
        return _FUNCTION if is_lambda else _OTHER
    return _FUNCTION if "()" in header else _OTHER


def _matching_braces(code: str) -> dict[int, int]:
    pairs = {}
    open_at = []
    for match in re.finditer(r"[{}]", code):
        if match.group() == "{":
            open_at.append(match.start())
        elif open_at:
            pairs[open_at.pop()] = match.start()
    return pairs


class _Finder:
    def __init__(self, stripped: str):
        self.code = _without_directives(stripped)
        self.pairs = _matching_braces(self.code)
        self.line_ends = [match.start() for match in re.finditer("\n", self.code)]
        self.header_start = 0
        self.skipped = []  # braced parts of the current header

    def line(self, at: int) -> int:
        return bisect.bisect_left(self.line_ends, at) + 1

    def header(self, end: int) -> str:
        parts = []
        at = self.header_start
        for first, last in self.skipped:
            parts.append(self.code[at:first])
            at = last + 1
        parts.append(self.code[at:end])
        return "".join(parts)

    def begin_header(self, at: int) -> None:
        self.header_start = at
        self.skipped = []

    def function(self, raw_header: str, end: int) -> Function:
        label = re.match(r"(\s*(public|private|protected)\s*:(?!:))*\s*", raw_header)
        name = _NAME.search(_without_template(raw_header[label.end():]))
        first = self.header_start + label.end()
        return Function(
            (name.group(1) or name.group(2)) if name else "?", self.line(first), self.line(end)
        )

    def is_member_initializer(self, header: str, end: int) -> bool:
        """Whether the braces are those of `a_{1}` in `Foo() : a_{1}, b_{2} {}`."""
        follows = re.compile(r"\s*").match(self.code, end + 1).end()
        return (
            re.search(r"\)\s*(noexcept\s*)?:(?!:)", header) is not None
            and re.search(r"[\w>]$", header) is not None
            and self.code[follows : follows + 1] in (",", "{")
        )

    def after_other(self, start: int, end: int) -> None:
        follows = re.compile(r"\s*").match(self.code, end + 1).end()
        if self.code[follows : follows + 1] in (";", ",", "(", ")", "{", ""):
            self.skipped.append((start, end))
        else:
            self.begin_header(end + 1)

    def run(self) -> Iterator[Function]:
        at = 0
        parentheses = 0
        structure = re.compile(r"[{}();]")
        while match := structure.search(self.code, at):
            at = match.end()
            mark = match.group()
            if mark == "(":
                parentheses += 1
            elif mark == ")":
                parentheses = max(0, parentheses - 1)
            elif mark == "{":
                start = match.start()
                end = self.pairs.get(start)
                if end is None:
                    return  # does not balance; the compiler has the word
                if parentheses > 0:
                    at = end + 1
                    continue
                raw_header = self.header(start)
                header = _clean(raw_header)
                kind = _classify(header)
                if kind == _SCOPE:
                    self.begin_header(at)
                    continue
                at = end + 1
                if kind == _FUNCTION and not self.is_member_initializer(header, end):
                    yield self.function(raw_header, end)
                    self.begin_header(at)
                elif kind == _FUNCTION:
                    self.skipped.append((start, end))
                else:
                    self.after_other(start, end)
            elif parentheses == 0:  # ; or the } of a scope
                self.begin_header(at)


def functions(stripped: str) -> Iterator[Function]:
    """The functions at namespace and class scope, with their signatures."""
    return _Finder(stripped).run()
