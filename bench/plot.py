#!/usr/bin/env python3
"""Draws the figures of docs/measurements.md from what `weir bench WHAT --json` wrote.

    weir bench queue --json > queue.json
    plot.py queue.json io.json ... FOLDER      writes FOLDER/*.svg and prints their tables
"""

import json
import math
import sys

# Figure -> title, table, field, its unit and how many of the field's units that is.
BARS = {
    "queue": ("Time of an item through a bounded queue", "queue", "item_ns", "ns", 1),
    "queue-cpu": ("CPU of an item through a bounded queue", "queue", "cpu_ns", "ns", 1),
    "create": ("CPU to make, run and join one", "create", "cpu_ns", "us", 1000),
    "switch": ("CPU of a switch there and back", "switch", "cpu_ns", "ns", 1),
    "idle": ("CPU of waiting on 100 idle connections", "idle", "cpu_percent", "%", 1),
    "compute": ("Time of a task that computes for about a millisecond", "compute", "time_us", "us", 1),
    "wait": ("Time of a task that waits 5 ms", "wait", "time_us", "us", 1),
}
# Figure -> title, table, field, unit: a line for each model over the number of transfers.
LINES = {
    "io-cpu": ("CPU of a page, answered at once", "latency_0ms", "cpu_us", "us"),
    "io-cpu-latency": ("CPU of a page, answered after 20 ms", "latency_20ms", "cpu_us", "us"),
    "io-rate-latency": ("Pages a second, answered after 20 ms", "latency_20ms", "pages_per_s", "pages/s"),
}
WIDTH, ROW, LEFT, RIGHT, HEIGHT = 640, 26, 150, 110, 300
COLOURS = ["#999999", "#c44e52", "#dd8452", "#8172b3", "#55a868", "#1f4e79", "#64b5cd"]


def shown(value, unit):
    return f"{value:.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"


def page(title, height, lines):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
                      'font-family="sans-serif" font-size="13">',
                      f'<text x="0" y="16" font-weight="bold">{title}</text>', *lines, "</svg>"]) + "\n"


def bars(title, values, unit):
    low = math.floor(math.log10(min(value for _, value in values)) - 0.3)
    high = math.log10(max(value for _, value in values))
    lines = []
    for index, (name, value) in enumerate(values):
        top = 28 + ROW * index
        width = (WIDTH - LEFT - RIGHT) * (math.log10(value) - low) / (high - low)
        lines += [f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end">{name}</text>',
                  f'<rect x="{LEFT}" y="{top}" width="{width:.0f}" height="{ROW - 6}" fill="#4878a8"/>',
                  f'<text x="{LEFT + width + 6:.0f}" y="{top + 15}">{shown(value, unit)}</text>']
    return page(f"{title} ({unit}, logarithmic)", ROW * len(values) + 34, lines)


def lines(title, rows, field, unit):
    """Both axes logarithmic; a model with one point is a point."""
    values = [row[field] for row in rows]
    low, high = math.floor(math.log10(min(values))), math.log10(max(values)) + 0.05
    most = math.log10(max(row["transfers"] for row in rows)) or 1

    def at(row):
        x = 60 + (WIDTH - 60 - RIGHT) * math.log10(row["transfers"]) / most
        return x, HEIGHT - 40 - (HEIGHT - 80) * (math.log10(row[field]) - low) / (high - low)

    out = []
    for power in range(low, math.floor(high) + 1):
        y = HEIGHT - 40 - (HEIGHT - 80) * (power - low) / (high - low)
        out += [f'<line x1="60" x2="{WIDTH - RIGHT}" y1="{y:.0f}" y2="{y:.0f}" stroke="#dddddd"/>',
                f'<text x="54" y="{y + 4:.0f}" text-anchor="end">{10 ** power:,g}</text>']
    for transfers in sorted({row["transfers"] for row in rows}):
        x, _ = at({"transfers": transfers, field: values[0]})
        out.append(f'<text x="{x:.0f}" y="{HEIGHT - 18}" text-anchor="middle">{transfers:,}</text>')
    for index, model in enumerate(dict.fromkeys(row["model"] for row in rows)):
        colour = COLOURS[index % len(COLOURS)]
        points = [at(row) for row in rows if row["model"] == model]
        path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
        out += [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
        out += [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{colour}"/>' for x, y in points]
        out += [f'<text x="{WIDTH - RIGHT + 14}" y="{48 + 20 * index}" fill="{colour}">{model}</text>']
    out.append(f'<text x="{(WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 2}">transfers at once</text>')
    return page(f"{title} ({unit}, logarithmic)", HEIGHT, out)


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    tables, folder = {}, sys.argv[-1]
    for path in sys.argv[1:-1]:
        with open(path, encoding="utf-8") as stream:
            tables.update({key: value for key, value in json.load(stream).items() if isinstance(value, list)})

    def write(figure, text):
        with open(f"{folder}/{figure}.svg", "w", encoding="utf-8") as stream:
            stream.write(text)

    for figure, (title, table, field, unit, of_unit) in BARS.items():
        values = [(row["name"], row[field] / of_unit) for row in tables.get(table, []) if field in row]
        if values:
            write(figure, bars(title, values, unit))
            print(f"\n| {title.lower()} | |\n|---|---|")
            print("\n".join(f"| {name} | {shown(value, unit)} |" for name, value in values))
    for figure, (title, table, field, unit) in LINES.items():
        rows = [row for row in tables.get(table, []) if field in row]
        if not rows:
            continue
        write(figure, lines(title, rows, field, unit))
        transfers = sorted({row["transfers"] for row in rows})
        print(f"\n| {title}, {unit} | " + " | ".join(f"{n:,}" for n in transfers) + " |\n|" + "---|" * (len(transfers) + 1))
        for model in dict.fromkeys(row["model"] for row in rows):
            of = {row["transfers"]: row[field] for row in rows if row["model"] == model}
            print(f"| {model} | " + " | ".join(f"{of[n]:,.0f}" if n in of else "" for n in transfers) + " |")
    return 0


sys.exit(main())
