"""Medians, ratios, and docs/PERFORMANCE.md."""

import statistics

# (work, left, callers, right, callers, figure, least ratio). For times the ratio is right over left: more is better everywhere.
RATIOS = [
    ("increments", "Holdfast, 3 nodes", 64, "etcd, 3 nodes", 64, "per_second", 3),
    ("increments", "Holdfast, 3 nodes", 256, "etcd, 3 nodes", 256, "per_second", 3),
    ("increments", "Holdfast, 3 nodes", 64, "etcd, 3 nodes", 64, "p99", 1),
    ("increments", "Holdfast, 3 nodes", 256, "etcd, 3 nodes", 256, "p99", 1),
    ("increments", "Holdfast, 3 nodes", 1, "etcd, 3 nodes", 1, "p50", 1),
    ("increments", "Holdfast, 1 node", 256, "PostgreSQL", 256, "per_second", 3),
    ("increments", "Holdfast, 1 node", 256, "Redis, fsync always", 256, "per_second", 1),
    ("increments", "Holdfast, 1 node", 256, "bare inserts, batches of 128", None, "per_second", 0.6),
    ("reads", "Holdfast, 3 nodes", 256, "etcd, 3 nodes", 256, "per_second", 3),
]
FIGURES = {"per_second": "operations/s", "p50": "p50", "p99": "p99"}


def median(samples, figure):
    return statistics.median(getattr(sample, figure) for sample in samples)


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def figures_table(cells, systems, works, callers):
    lines = [
        "| work | callers | system | operations/s | p50 ms | p99 ms | CPU µs/op, system | client |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for work in works:
        for count in callers:
            for system in systems:
                samples = cells.get((system, work, count))
                if not samples:
                    continue
                values = [number(median(samples, figure)) for figure in (
                    "per_second", "p50", "p99", "system_cpu", "client_cpu")]
                failed = sum(sample.errors for sample in samples)
                name = system + (f" ({failed} errors)" if failed else "")
                lines.append("| " + " | ".join([work, str(count), name, *values]) + " |")
    return lines


def limits_table(limits):
    lines = [
        "| bare limit | operations/s | flush p50 ms | flush p99 ms | CPU µs/op |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, samples in limits.items():
        values = [number(median(samples, figure)) for figure in ("per_second", "p50", "p99", "system_cpu")]
        lines.append("| " + " | ".join([name, *values]) + " |")
    return lines


def ratios_table(cells, limits):
    lines = ["| work | against | figure | ratio | must be |", "| --- | --- | --- | --- | --- |"]
    for work, left, left_callers, right, right_callers, figure, least in RATIOS:
        ours = cells.get((left, work, left_callers))
        theirs = cells.get((right, work, right_callers)) if right_callers else limits.get(right)
        if not ours or not theirs:
            continue
        ratio = median(ours, figure) / median(theirs, figure)
        if figure != "per_second":
            ratio = 1 / ratio
        verdict = "" if ratio >= least else ", **missed**"
        callers = f", {left_callers} caller{'s' if left_callers > 1 else ''}"
        lines.append(f"| {left}, {work}{callers} | {right} | {FIGURES[figure]} | {ratio:.2f}{verdict} | {least} |")
    return lines


def replace_section(path, name, lines):
    """Puts `lines` between the markers of a section; the rest of the page is written by hand."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if begin not in text or end not in text:
        raise RuntimeError(f"{path} has no lines {begin} and {end}")
    head, rest = text.split(begin, 1)
    tail = rest.split(end, 1)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(head + begin + "\n" + "\n".join(lines) + "\n" + end + tail)
