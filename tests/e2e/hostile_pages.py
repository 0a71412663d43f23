"""Pages that are known to cost parsers time or memory out of proportion, by name and size.

    for name, body, headers in hostile_pages(scale=2000): ...
    python3 hostile_pages.py FOLDER [SCALE]        # writes them as files
"""

import gzip
import json
import pathlib
import sys


def numbered(count, before, after):
    return "".join(f"{before}{i}{after}" for i in range(count))


# Each takes a scale and gives a page; names are those of the trick.
TRICKS = {
    # nesting
    "nested-div": lambda n: "<div>" * n,
    "nested-div-closed": lambda n: "<div>" * n + "</div>" * n,
    "nested-span-foreign-ends": lambda n: "<span>" * n + "</x>" * n,
    "nested-div-ends-of-p": lambda n: "<div>" * n + "</p>" * n,
    "nested-lists": lambda n: "<ul><li>" * n,
    "nested-tables": lambda n: "<table><tr><td>" * n,
    "nested-svg": lambda n: "<svg><g>" * n,
    "html-in-svg": lambda n: "<svg><foreignObject>" * n,
    "nested-template": lambda n: "<template>" * n,
    "template-in-select": lambda n: "<select>" + "<template>" * n + "<style>" * n,
    "nested-frameset": lambda n: "<frameset>" * n,
    "nested-button-object": lambda n: "<button><object>" * n,
    "nested-form": lambda n: "<form><div>" * n,
    "crossed": lambda n: "<span><div></span>" * n,
    # formatting elements
    "nested-b": lambda n: "<b>" * n,
    "formatting-in-paragraphs": lambda n: numbered(n, "<b a", "><p>"),
    "formatting-reconstructed": lambda n: numbered(n, "<p><b a", ">x</p>"),
    "formatting-five": lambda n: "<p><b><i><u><a><font>" * n,
    "adoption-agency": lambda n: "<a><b><i><div>" * n + "</a></b></i>" * n,
    "unclosed-a": lambda n: "<a href=x>" * n,
    "foster-parents": lambda n: "<table>" + "x<b>" * n,
    # attributes
    "attributes-on-a-tag": lambda n: "<p " + numbered(n, "a", "=1 ") + ">x",
    "attributes-unclosed": lambda n: "<p " + numbered(n, "a", "=1 "),
    "attributes-on-an-end": lambda n: "<p></p " + numbered(n, "a", " ") + ">x",
    "attributes-over-bodies": lambda n: numbered(n, "<body a", "=1>"),
    "attributes-over-htmls": lambda n: numbered(n, "<html a", "=1>"),
    "same-attribute": lambda n: "<p " + "a " * n + ">x",
    "endless-attribute": lambda n: '<a href="' + "<b>'" * n,
    "endless-tag": lambda n: "<a" + "a" * n * 10,
    # tokens
    "less-than": lambda n: "<" * n * 10,
    "less-than-slash": lambda n: "</" * n * 5,
    "ampersands": lambda n: "&" * n * 10,
    "entities": lambda n: "&amp;&notin;&#x1F600;&#99999999;&x" * n,
    "nul": lambda n: b"\0" * n * 10,
    "nul-in-tags": lambda n: b"<a\0b href\0=x\0>" * n,
    "not-utf8": lambda n: b"\xff" * n * 10,
    "one-line": lambda n: "<p>word <a href='/no?c=d' rel=nofollow>link</a>" * n,
    "line-breaks": lambda n: "<br>" * n,
    "doctypes": lambda n: "<!DOCTYPE html>" * n,
    "unknown-elements": lambda n: numbered(n, "<x-", "></x>"),
    # comments, scripts, styles
    "endless-comment": lambda n: "<!--" + "- " * n * 5,
    "comments": lambda n: "<!-- - -- -->" * n,
    "comments-without-end": lambda n: "<!--" * n,
    "endless-script": lambda n: "<script>" + "<script></scrip>" * n,
    "script-escapes": lambda n: "<script><!--<script></script>" * n,
    "endless-title": lambda n: "<title>" + "</titl>" * n,
    "plaintext": lambda n: "<plaintext>" + "<div>" * n,
    "json-ld": lambda n: '<script type=application/ld+json>' + '[{"@type":' * n + "</script>",
    # facts
    "links": lambda n: numbered(n, "<a rel=nofollow href=/no", ">l</a>"),
    "links-of-a-long-base": lambda n: "<base href=http://h/" + "b" * n + "/>"
                            + "<a rel=nofollow href=x>" * 20,
    "srcset": lambda n: "<img srcset='" + numbered(n, "/i", " 2x,") + "'>",
    "css": lambda n: "<style>" + "url(" * n + r"a{b:url('x')}\ " * n + "</style>",
    "metas": lambda n: "<meta name=robots content=none><meta property=og:x content=y>" * n,
    "rel-tokens": lambda n: "<a href=/no rel='nofollow " + numbered(n, "t", " ") + "'>x</a>",
}


def hostile_pages(scale):
    """(name, body, headers) of each trick."""
    for name, trick in TRICKS.items():
        body = trick(scale)
        yield name, body.encode() if isinstance(body, str) else body, []


def huge_pages(megabytes):
    """Few tricks, as large as asked for: on one line, of one character, and gzip's best case."""
    size = megabytes * 1_000_000
    yield "huge-one-line", (b"<p>word " * (size // 8))[:size], []
    yield "huge-less-than", b"<" * size, []
    yield "huge-comment", b"<!--" + b"-" * size, []
    yield "huge-less-than-gzip", gzip.compress(b"<" * size, 9), [("Content-Encoding", "gzip")]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for name, body, _ in hostile_pages(int(sys.argv[2]) if len(sys.argv) > 2 else 2000):
        (folder / f"{name}.html").write_bytes(body)
        names.append(name)
    print(json.dumps(names))


if __name__ == "__main__":
    main()
