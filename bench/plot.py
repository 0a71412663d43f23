#!/usr/bin/env python3
"""Draws the figures of docs/measurements.md from what Google Benchmark wrote.

    queue_bench --benchmark_repetitions=12 --benchmark_out=FILE --benchmark_out_format=json
    plot.py FILE FOLDER      writes FOLDER/*.svg and prints them as tables

Of the repetitions the best is taken: on a machine that others use too, it is the least disturbed.
"""

import json
import math
import sys

# Figure -> title, the benchmarks in it, what of them, its unit and how many nanoseconds that is.
FIGURES = {
    "queue": ("Time of an item through a bounded queue", "queue/", "item_ns", "ns", 1),
    "queue-cpu": ("CPU of an item through a bounded queue", "queue/", "cpu_ns", "ns", 1),
    "create": ("CPU to make, run and join one", "create/", "cpu_ns", "us", 1000),
    "switch": ("CPU of a switch there and back", "switch/", "cpu_ns", "ns", 1),
    "idle": ("CPU of waiting on 100 idle connections", "idle/", "cpu_percent", "%", 1),
}
WIDTH, ROW, LEFT, RIGHT = 640, 26, 140, 110


def best(path):
    """(name, field) -> the least of its repetitions."""
    with open(path, encoding="utf-8") as stream:
        runs = json.load(stream)["benchmarks"]
    values = {}
    for run in runs:
        if run.get("run_type") == "aggregate":
            continue
        name = run["name"]
        for end in ("/real_time", "/iterations:1"):
            name = name.replace(end, "")
        if "items_per_second" in run:
            run["item_ns"] = 1e9 / run["items_per_second"]
        for field in ("item_ns", "cpu_ns", "cpu_percent"):
            if field in run:
                values[name, field] = min(run[field], values.get((name, field), math.inf))
    return values


def shown(value, unit):
    return f"{value:.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"


def draw(title, bars, unit):
    low = math.floor(math.log10(min(value for _, value in bars)) - 0.3)
    high = math.log10(max(value for _, value in bars))
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{ROW * len(bars) + 34}" '
             'font-family="sans-serif" font-size="13">',
             f'<text x="0" y="16" font-weight="bold">{title} ({unit}, logarithmic)</text>']
    for index, (name, value) in enumerate(bars):
        top = 28 + ROW * index
        width = (WIDTH - LEFT - RIGHT) * (math.log10(value) - low) / (high - low)
        lines += [f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end">{name}</text>',
                  f'<rect x="{LEFT}" y="{top}" width="{width:.0f}" height="{ROW - 6}" fill="#4878a8"/>',
                  f'<text x="{LEFT + width + 6:.0f}" y="{top + 15}">{shown(value, unit)}</text>']
    return "\n".join(lines + ["</svg>"]) + "\n"


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    measured = best(sys.argv[1])
    for figure, (title, prefix, field, unit, nanoseconds) in FIGURES.items():
        bars = [(name.removeprefix(prefix), value / nanoseconds)
                for (name, of), value in measured.items() if name.startswith(prefix) and of == field]
        if not bars:
            continue
        with open(f"{sys.argv[2]}/{figure}.svg", "w", encoding="utf-8") as stream:
            stream.write(draw(title, bars, unit))
        print(f"\n| {title.lower()} | best |\n|---|---|")
        for name, value in bars:
            print(f"| {name} | {shown(value, unit)} |")
    return 0


sys.exit(main())
