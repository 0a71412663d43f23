#!/usr/bin/env python3
"""The rules of the house that a compiler does not check: layers, homes of libraries, sizes, names.

    layers_test.py ROOT          check the sources under ROOT
    layers_test.py --self-test   check that each rule is seen to fail on a planted violation
"""

import fnmatch
import os
import re
import sys
import tempfile

# What a folder may include of ours: the layer diagram of docs/architecture.md.
LAYERS = {
    "config": ["config/*"],
    "concurrency": ["concurrency/*"],
    "fetch": ["fetch/*", "concurrency/*", "config/settings.h"],
    "parse": ["parse/*", "config/settings.h"],
    "site": ["site/*", "parse/*", "concurrency/*", "config/*"],
    "crawler": ["crawler/*", "site/*", "fetch/*", "parse/*", "concurrency/*", "config/*"],
}

# Single files that may reach further than their folder: the parser worker has a loop to run.
WIDER = {"parse/worker*": ["concurrency/*"]}

# Outside headers and the files that may include them, directly or through headers of ours. The
# tests of a home are of the home; bench/ and examples/ are free. A number: so many files at most.
HOMES = [
    (r"curl/.*", ["fetch/*"], None),
    (r"gumbo\.h", ["parse/*.cc"], 1),
    (r"nlohmann/json_fwd\.hpp", ["crawler/*", "site/*", "parse/*.cc"], None),
    (r"nlohmann/.*", ["crawler/*.cc", "site/*.cc", "parse/json_ld.cc",
                         "tests/fetch/http_replies_test.cc"], None),
    (r"toml\+\+/.*", ["config/toml.cc"], None),
    (r"CLI/.*", ["config/flags.cc", "crawler/*.cc", "site/*.cc"], None),
    (r"re2/.*", ["config/pattern.cc"], None),
    (r"spdlog/.*", ["crawler/*.cc"], 1),
    (r"fmt/.*", ["crawler/*.cc", "site/*.cc"], None),
    (r"httplib\.h", ["crawler/*.cc", "site/*.cc"], 2),
    (r"unicode/.*", ["parse/*.cc"], None),
    (r"uchardet.*", ["parse/*.cc"], 1),
    (r"sqlite3\.h", ["crawler/*.cc"], 1),
    (r"expat\.h", ["parse/*.cc"], 1),
    (r"(zlib|zstd)\.h", ["parse/*.cc", "crawler/*.cc", "site/*.cc"], None),
    (r"brotli/.*", ["parse/*.cc", "site/*.cc"], None),
    (r"seccomp\.h", ["concurrency/*.cc"], 1),
    (r"liburing.*", ["concurrency/*.cc"], 1),
    (r"boost/context/.*", ["concurrency/fiber*"], None),
    (r"boost/.*", ["concurrency/*.cc"], None),
    (r"tbb/.*|oneapi/.*", ["concurrency/*", "crawler/*.cc"], None),
    (r"idn2\.h", ["parse/*.cc"], 1),
    (r"libpsl\.h", ["parse/*.cc"], 1),
    (r"openssl/.*", ["fetch/*.cc", "parse/*.cc", "crawler/*.cc", "site/*.cc"], None),
    (r"prometheus/.*", ["crawler/*.cc"], 1),
    (r"(gtest|gmock|benchmark)/.*", ["tests/*", "bench/*"], None),
]

# Folders of system headers; any other <folder/header> needs a home above.
SYSTEM = ("sys/", "linux/", "net/", "netinet/", "arpa/", "bits/", "asm/", "sanitizer/")

FOLDERS = ["config", "concurrency", "fetch", "parse", "site", "crawler", "tests", "bench",
           "examples"]
MOST_LINES = 400
# Files that were longer when this test came; the number may only fall.
LONGER = {"parse/url_parser.cc": 453}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def matches(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def sources(root):
    """Path -> text of every C++ source, as paths from the root."""
    result = {}
    for folder in FOLDERS:
        for parent, folders, files in os.walk(os.path.join(root, folder)):
            folders[:] = [f for f in folders if f != "build"]
            for name in files:
                if name.endswith((".h", ".cc")):
                    path = os.path.join(parent, name)
                    with open(path, encoding="utf-8", errors="replace") as stream:
                        result[os.path.relpath(path, root)] = stream.read()
    return result


def check_layers(path, ours):
    allowed = LAYERS.get(path.split("/")[0])
    if allowed is None:  # tests, bench and examples stand beside the layers
        return
    for pattern, more in WIDER.items():
        if fnmatch.fnmatchcase(path, pattern):
            allowed = allowed + more
    for include in ours:
        if not matches(include, allowed):
            yield f"{path}: includes \"{include}\", which is no layer below {path.split('/')[0]}/"


def reach(path, includes, seen):
    """Every outside header that a file includes, directly or through headers of ours."""
    if path in seen or path not in includes:
        return set()
    seen.add(path)
    ours, outside = includes[path]
    result = set(outside)
    for include in ours:
        result |= reach(include, includes, seen)
    return result


def is_home(path, homes):
    if not path.startswith("tests/"):
        return matches(path, homes)
    # tests/fetch/a_test.cc may include what some file of fetch/ may; tests/e2e/ is free.
    folder = path.split("/")[1]
    return folder not in LAYERS or folder in ("crawler", "site") or matches(path, homes) or any(
        home.split("/")[0] == folder for home in homes)


def check_homes(includes):
    users = {}
    for path in includes:
        if path.split("/")[0] in ("bench", "examples"):
            continue
        for header in sorted(reach(path, includes, set())):
            for pattern, homes, most in HOMES:
                if not re.fullmatch(pattern, header):
                    continue
                if not is_home(path, homes):
                    yield f"{path}: reaches <{header}>, whose home is {', '.join(homes)}"
                elif most is not None and not path.startswith("tests/"):
                    users.setdefault((pattern, most), set()).add(path)
                break
            else:
                if "/" in header and not header.startswith(SYSTEM):
                    yield f"{path}: <{header}> has no home in tests/layers_test.py"
    for (pattern, most), paths in users.items():
        if len(paths) > most:
            yield f"<{pattern}> has {most} home(s), but: {', '.join(sorted(paths))}"


def check_file(path, text):
    lines = text.count("\n")
    most = LONGER.get(path, MOST_LINES)
    if lines > most:
        yield f"{path}: {lines} lines, of {most} at most: is there more than one idea in it?"
    for match in re.finditer(r"\b(TODO|FIXME|XXX)\b", text):
        yield f"{path}: {match.group()} left in the code"
    if path.startswith("tests/"):
        for match in re.finditer(r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(", text):
            if re.search(r"(\.|->|co_await[^;\n]*)$", text[:match.start()][-40:]):
                continue  # a timer of the event loop is what such a test is about
            yield f"{path}: {match.group(1)} in a test: wait for an event or a counter"
    if re.search(r"(^|[_/])(utils?|common|helpers?|misc)([_/.]|$)", path):
        yield f"{path}: a name that says nothing"
    if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.M):
        yield f"{path}: no #pragma once"


def check(root):
    texts = sources(root)
    includes = {}
    for path, text in texts.items():
        found = INCLUDE.findall(text)
        includes[path] = ([name for kind, name in found if kind == '"'],
                          [name for kind, name in found if kind == "<"])
    problems = []
    for path, text in sorted(texts.items()):
        problems += check_file(path, text)
        problems += check_layers(path, includes[path][0])
    problems += check_homes(includes)
    return problems


PLANTED = [
    ("config/a.cc", '#include "concurrency/queue.h"\n', "no layer below config"),
    ("concurrency/a.h", '#pragma once\n#include "config/settings.h"\n', "no layer below concurr"),
    ("fetch/a.cc", '#include "parse/url.h"\n', "no layer below fetch"),
    ("fetch/a.cc", '#include "config/resolve.h"\n', "no layer below fetch"),
    ("parse/a.cc", '#include "concurrency/queue.h"\n', "no layer below parse"),
    ("parse/a.cc", "#include <curl/curl.h>\n", "reaches <curl/curl.h>"),
    ("crawler/a.cc", '#include "fetch/inner.h"\n', "crawler/a.cc: reaches <curl/curl.h>"),
    ("crawler/a.cc", "#include <toml++/toml.h>\n", "whose home is config/toml.cc"),
    ("crawler/a.h", "#pragma once\n#include <nlohmann/json.hpp>\n", "reaches <nlohmann/json.hpp>"),
    ("concurrency/a.cc", "#  include <spdlog/spdlog.h>\n", "reaches <spdlog/spdlog.h>"),
    ("parse/b.cc", "#include <gumbo.h>\n", "parse/b.cc, parse/tree.cc"),
    ("crawler/a.cc", "#include <shiny/new.h>\n", "has no home"),
    ("config/a.cc", "\n" * 401, "401 lines"),
    ("config/a.cc", "// TO" + "DO: later\n", "left in the code"),
    ("tests/config/a_test.cc", "std::this_thread::sleep_for (1ms);\n", "sleep_for in a test"),
    ("parse/string_utils.h", "#pragma once\n", "says nothing"),
    ("parse/a.h", "// no guard\n", "no #pragma once"),
]

CLEAN = {
    "config/settings.h": "#pragma once\n",
    "config/resolve.h": '#pragma once\n#include "config/settings.h"\n',
    "config/toml.cc": "#include <toml++/toml.h>\n",
    "concurrency/queue.h": "#pragma once\n#include <sys/mman.h>\n#include <vector>\n",
    "fetch/inner.h": "#pragma once\n#include <curl/curl.h>\n",
    "fetch/fetcher.cc": '#include "concurrency/queue.h"\n#include "fetch/inner.h"\n',
    "parse/tree.cc": '#include <gumbo.h>\n#include "config/settings.h"\n',
    "parse/url.h": "#pragma once\n",
    "parse/worker.cc": '#include "concurrency/queue.h"\n#include "parse/url.h"\n',
    "crawler/main.cc": '#include <nlohmann/json.hpp>\n#include "parse/url.h"\n',
    "tests/fetch/fetcher_test.cc": "#include <gtest/gtest.h>\n#include \"fetch/inner.h\"\n",
    "tests/concurrency/loop_test.cc": "  co_await loop.sleep_until(deadline);\n",
}


def self_test():
    def problems_of(files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as stream:
                    stream.write(text)
            return check(root)

    failures = [f"clean sources: {problem}" for problem in problems_of(CLEAN)]
    for path, text, expected in PLANTED:
        problems = problems_of({**CLEAN, path: text})
        if len(problems) != 1 or expected not in problems[0]:
            failures.append(f"planted in {path}: expected one of '{expected}', got {problems}")
    return failures


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    problems = self_test() if sys.argv[1] == "--self-test" else check(sys.argv[1])
    for problem in problems:
        print(problem)
    return 1 if problems else 0


sys.exit(main())
