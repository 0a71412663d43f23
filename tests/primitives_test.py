#!/usr/bin/env python3
"""docs/primitives.md speaks of every row and every statement, and names nothing that is not there.

    primitives_test.py ROOT          check the page of the sources under ROOT
    primitives_test.py --self-test ROOT   check that each rule is seen to fail on a page made wrong
"""

import os
import re
import sys

# Rows of the inventory: so many in each group.
ROWS = {"A": 17, "B": 17, "C": 5, "D": 9, "E": 11, "F": 9, "G": 9, "H": 5, "I": 5, "J": 23, "K": 11,
        "L": 3, "M": 9, "N": 9, "O": 8, "P": 11, "Q": 4, "R": 2, "S": 6, "T": 3, "U": 10, "V": 11,
        "W": 12, "X": 6, "Y": 2}
# Statements: so many in each group. Of BR and CV only what is used is wanted.
STATEMENTS = {"LK": 8, "MX": 6, "RL": 7, "CV": 8, "EV": 8, "SM": 12, "BR": 8, "QU": 18, "JQ": 7,
              "CL": 13, "TH": 21, "FU": 16, "WA": 8, "EX": 11, "TP": 7, "PP": 16, "PR": 20, "SH": 12,
              "MG": 8, "CH": 12, "PQ": 6, "GE": 10, "FB": 11, "CO": 15, "IO": 12}
OPTIONAL = ("BR", "CV")
LEAST_CARRIED = 0.9

PATH = re.compile(r"`((?:[a-z_0-9]+/)*[\w]+\.(?:h|cc|py|md))`")
LINK = re.compile(r"\]\(([\w./-]*)(?:#([\w-]+))?\)")
STATEMENT = re.compile(r"(?<![A-Za-z0-9_])([A-Z]{2}\d+)(?![A-Za-z0-9])")


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as stream:
        return stream.read()


def tables(page):
    """The cells of every line of a table."""
    for line in page.splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def carried(root):
    """Statement -> the test files that carry it in the name of a test."""
    result = {}
    for parent, _, files in os.walk(os.path.join(root, "tests")):
        for name in files:
            if not name.endswith("_test.cc"):
                continue
            path = os.path.relpath(os.path.join(parent, name), root)
            for test in re.findall(r"^(?:TYPED_)?TEST(?:_[FP])?\(\w+,\s*(\w+)\)", read(root, path),
                                   re.M):
                for word in test.split("_"):
                    if re.fullmatch(r"[A-Z]{2}\d+", word):
                        result.setdefault(word, set()).add(path)
    return result


def anchors(text):
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def numbered(counts, width):
    return [f"{group}{number:0{width}d}" for group, most in counts.items()
            for number in range(1, most + 1)]


def check_names(root, page, tests):
    for path in PATH.findall(page):
        if not os.path.exists(os.path.join(root, path)):
            yield f"{path} does not exist"
    for file, anchor in LINK.findall(page):
        path = os.path.join("docs", file or "primitives.md")
        if not os.path.exists(os.path.join(root, path)):
            yield f"{path} does not exist"
        elif anchor and anchor not in anchors(page if not file else read(root, path)):
            yield f"{path} has no heading #{anchor}"


def check_rows(root, page, tests):
    rows = {cells[0]: cells for cells in tables(page) if re.fullmatch(r"[A-Z]\d\d", cells[0])}
    for row in numbered(ROWS, 2):
        if row not in rows:
            yield f"row {row} has no entry"
            continue
        if len(rows[row]) != 5:
            yield f"row {row}: {len(rows[row])} cells"
            continue
        _, _, fit, place, shown = rows[row]
        if fit in ("N", "S") and not PATH.search(place) and not re.search(r"not used|Not ", place):
            yield f"row {row}: neither a file that uses it nor why there is none"
        if not shown:
            yield f"row {row}: shown by nothing"
        for statement in STATEMENT.findall(shown):
            if statement not in tests:
                yield f"row {row}: no test carries {statement}"
        examples = re.findall(r"`(examples/\w+\.cc)`", shown)
        for example in examples:
            if os.path.exists(os.path.join(root, example)):
                header = read(root, example).split("#include")[0]
                if row not in re.findall(r"[A-Z]\d\d", header):
                    yield f"row {row}: {example} does not name it"
        if fit == "D" and not examples and "#declined" not in shown:
            yield f"row {row} is to be a program, and names none"
    for row in rows:
        if row not in numbered(ROWS, 2):
            yield f"row {row} is not in the inventory"


def check_statements(root, page, tests):
    declined = set()
    for cells in tables(page.split("## Declined statements")[-1]):
        for part in cells[0].split(", "):
            found = re.fullmatch(r"([A-Z]{2})(\d+)(?:-[A-Z]{2}(\d+))?", part)
            if found and cells[1]:
                first, last = int(found[2]), int(found[3] or found[2])
                declined |= {f"{found[1]}{number}" for number in range(first, last + 1)}
    for statement in numbered(STATEMENTS, 1):
        if statement in tests and statement in declined:
            yield f"{statement} is declined, but {sorted(tests[statement])} carries it"
        if statement not in tests and statement not in declined:
            yield f"{statement} is neither carried by a test nor declined"
    wanted = [s for s in numbered(STATEMENTS, 1) if not s.startswith(OPTIONAL)]
    have = [s for s in wanted if s in tests]
    print(f"{len(have)} of {len(wanted)} statements are carried by tests")
    if len(have) < LEAST_CARRIED * len(wanted):
        yield f"only {len(have)} of {len(wanted)} statements are carried"


def check(root, page):
    tests = carried(root)
    return [*check_names(root, page, tests), *check_rows(root, page, tests),
            *check_statements(root, page, tests)]


WRONG = [
    (r"^\| B01 .*\n", "", "row B01 has no entry"),
    (r"crawler/main\.cc", "crawler/nothing.cc", "crawler/nothing.cc does not exist"),
    (r"#lost-figures", "#found-figures", "no heading #found-figures"),
    (r"^(\| G01 .*)QU10", r"\1QU99", "no test carries QU99"),
    (r"examples/toilets\.cc", "examples/dinner.cc", "dinner.cc does not name it"),
    (r"^(\| G01 .*)\| `crawler/page\.h`[^|]*", r"\1| somewhere ", "row G01: neither a file"),
    (r"^\| BR1-BR8 .*\n", "", "BR8 is neither carried"),
    (r"^\| BR1-BR8 ", "| BR1-BR8, LK1 ", "LK1 is declined, but"),
    (r"^\| A02 ", "| Z02 ", "row Z02 is not in the inventory"),
]


def self_test(root):
    """That each rule is seen to fail."""
    page = read(root, "docs/primitives.md")
    for pattern, instead, expected in WRONG:
        wrong = re.sub(pattern, instead, page, count=1, flags=re.M)
        if not any(expected in problem for problem in check(root, wrong)):
            yield f"not found on a wrong page: {expected}"


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--self-test":
        problems = list(self_test(sys.argv[2]))
    elif len(sys.argv) == 2:
        problems = check(sys.argv[1], read(sys.argv[1], "docs/primitives.md"))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    for problem in problems:
        print(problem)
    return 1 if problems else 0


sys.exit(main())
