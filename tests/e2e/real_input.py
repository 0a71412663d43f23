"""Real input: the HTML documentation of Debian packages, served by nginx, crawled by weir, and its
links compared with those that parse5 finds in the same files.

    python3 tests/e2e/real_input.py                      # cppreference and the Python manual, whole
    python3 tests/e2e/real_input.py --files 200          # as many files of each
    python3 tests/e2e/real_input.py --tree NAME=FOLDER   # another tree of HTML

Needs the packages nginx-light, nodejs, node-parse5, cppreference-doc-en-html and python3-doc. Prints
counts; exits 1 at any difference, 77 where something is missing.
"""

import argparse
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.parse

import weir_e2e

TREES = {"cppreference": "/usr/share/cppreference/doc/html",
         "python": "/usr/share/doc/python3-doc/html"}
NODE_MODULES = pathlib.Path("/usr/share/nodejs")  # where the distribution has them


class Missing(Exception):
    pass


class Nginx:
    """A server of its own over `root`: its configuration, pid and files are in `folder`."""

    def __init__(self, folder, root):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        if not pathlib.Path(program).exists():
            raise Missing("nginx is not installed (nginx-light)")
        # Bound, never listening: nobody else is given the port.
        self.reserved = socket.socket()
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.reserved.bind(("127.0.0.1", 0))
        port = self.reserved.getsockname()[1]
        places = "".join(f"{kind}_temp_path {folder}/{kind};\n"
                         for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = pathlib.Path(folder) / "nginx.conf"
        config.write_text(f"""
            daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
            events {{ worker_connections 512; }}
            http {{
              types {{ text/html html htm; text/css css; text/plain txt py; image/png png; }}
              default_type application/octet-stream; charset utf-8; access_log off; {places}
              server {{ listen 127.0.0.1:{port}; root {root}; index index.html; }}
            }}""", encoding="utf-8")
        self.url = f"http://127.0.0.1:{port}/"
        self.process = subprocess.Popen([program, "-c", str(config), "-p", str(folder), "-e",
                                         f"{folder}/error.log"])
        weir_e2e.wait_until(lambda: self.answers(port), "nginx")

    def answers(self, port):
        if self.process.poll() is not None:
            raise Missing("nginx does not start")
        with socket.socket() as there:
            return there.connect_ex(("127.0.0.1", port)) == 0

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()
        self.reserved.close()


def need_parse5():
    if not shutil.which("node"):
        raise Missing("node is not installed")
    if not (NODE_MODULES / "parse5").exists():
        raise Missing(f"the package node-parse5 is not installed: no {NODE_MODULES}/parse5")


def html_files(tree):
    return sorted(path.relative_to(tree).as_posix() for path in pathlib.Path(tree).rglob("*.html"))


def url_of(base, name):
    return base + urllib.parse.quote(name, safe="/!$&'()*+,;=:@~")


def file_of(root, base, url):
    name = urllib.parse.unquote(url.removeprefix(base).partition("?")[0])
    path = pathlib.Path(root) / name
    return path / "index.html" if path.is_dir() else path


def parse5_links(pages):
    """url -> (links, those to follow), of {url: file}."""
    lines = "".join(json.dumps({"url": url, "file": str(file)}) + "\n"
                    for url, file in pages.items())
    script = pathlib.Path(__file__).with_name("parse5_links.mjs")
    done = subprocess.run(["node", str(script)], input=lines, capture_output=True, text=True,
                          check=True, env={**os.environ, "NODE_PATH": str(NODE_MODULES)})
    return {line["url"]: (line["links"], line["ways"])
            for line in map(json.loads, done.stdout.splitlines())}


def same_host(base, url):
    return urllib.parse.urlsplit(url).netloc == urllib.parse.urlsplit(base).netloc


def check_tree(name, tree, folder, limit):
    """Crawls one tree; returns the number of differences."""
    work = pathlib.Path(folder) / name
    work.mkdir()
    with Nginx(work, tree) as server:
        files = html_files(tree)[:limit]
        seeds = work / "seeds.txt"
        seeds.write_text("".join(url_of(server.url, file) + "\n" for file in files))
        flags = ["--scope", "host"] if limit is None else []
        with weir_e2e.Crawl(work / "run", "--list", str(seeds), *flags, "--links",
                            *weir_e2e.FAST) as crawl:
            run = crawl.wait(3600)
        records = {line["url"]: line for line in run.pages}
        summary = run.summary
        html = {url: file_of(tree, server.url, url) for url, line in records.items()
                if line["outcome"] == "ok" and line["content_type"] == "text/html"}
        wanted = parse5_links(html)
        links = {line["url"]: [link["to"] for link in line["links"] if link["el"] in ("a", "area")]
                 for line in weir_e2e.read_jsonl(run.folder / "links.jsonl")}

        problems = []
        if run.code != 0 or summary["finish_reason"] != "finished":
            problems.append(f"exit {run.code}, {summary['finish_reason']}: {run.stderr}")
        if len(records) != len(run.pages):
            problems.append("a URL has two records")
        if summary["parse"]["crashes"] or summary["parse"]["timeouts"]:
            problems.append(f"{summary['parse']['crashes']} parsers lost, "
                            f"{summary['parse']['timeouts']} timeouts")
        problems += [f"a page that is there was not read: {line['url']} {line['outcome']}"
                     for line in records.values()
                     if line["outcome"] != "ok" and file_of(tree, server.url, line["url"]).is_file()]
        problems += [f"an HTML file was not fetched: {file}" for file in files
                     if url_of(server.url, file) not in records]
        if limit is None:
            linked = {link for _, ways in wanted.values() for link in ways
                      if same_host(server.url, link) and link.startswith("http")}
            problems += [f"a linked page was not fetched: {link}" for link in linked
                         if link not in records]
        for url, (want, _) in wanted.items():
            got = links.get(url)
            if got != want:
                problems.append(f"links differ: {url}\n  weir   {got}\n  parse5 {want}"[:2000])
        outcomes = {}
        for line in records.values():
            outcomes[line["outcome"]] = outcomes.get(line["outcome"], 0) + 1
        print(f"{name}: {len(files)} HTML files, {len(records)} URLs recorded {outcomes}, "
              f"{len(html)} pages parsed, {sum(len(links) for links, _ in wanted.values())} links of a and area, "
              f"{summary['parse']['crashes']} parsers lost, {summary['elapsed_seconds']:.1f} s, "
              f"{len(problems)} differences", flush=True)
        for problem in problems[:10]:
            print("  " + problem, flush=True)
        return len(problems)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, help="crawl only so many files of each tree")
    parser.add_argument("--tree", action="append", metavar="NAME=FOLDER")
    options = parser.parse_args()
    trees = dict(tree.split("=", 1) for tree in options.tree) if options.tree else TREES
    try:
        for name, tree in trees.items():
            if not pathlib.Path(tree).is_dir():
                raise Missing(f"{tree} is not there ({name})")
        need_parse5()
        with tempfile.TemporaryDirectory(prefix="weir-real-") as folder:
            os.chmod(folder, 0o755)
            return 1 if sum([check_tree(name, tree, folder, options.files)
                             for name, tree in trees.items()]) else 0
    except Missing as missing:
        print(f"skipped: {missing}")
        return 77


if __name__ == "__main__":
    sys.exit(main())
