"""Scans one folder with each tool, in rotation, beside what merely reading it costs."""

import statistics

import corpus
import planted
import tools
from measure import ROOT, WORK, cost, machine, output, spread, table


def run(arguments):
    WORK.mkdir(parents=True, exist_ok=True)
    print(machine())
    compared = tools.prepare(arguments.only)
    folder = (arguments.dir or corpus.make()).resolve()
    sizes = [path.stat().st_size for path in corpus.files(folder)]
    size = sum(sizes) / 1e6
    print(f"{len(sizes):,} files, {size:.1f} MB\n")

    commands = {"read only (`cat`)": ["sh", "-c", f"find '{folder}' -type f -print0 | xargs -0 cat"]}
    commands |= {tool.name: tool.scan(folder, report(tool.name)) for tool in compared}
    costs = {name: [] for name in commands}
    for round in range(arguments.runs + 1):
        for name, command in commands.items():
            measured = once(name, command)
            # The first round warms the page cache and the peers' own caches.
            if round:
                costs[name].append(measured)
    rows = [row(name, measured, size, arguments.dir is None) for name, measured in costs.items()]
    print(table(["", "wall s", "CPU s", "MB per CPU s", "peak MB", "findings", "planted found"], rows))
    print(floor(folder))


def report(name):
    return WORK / f"scan-{name}.json"


def once(name, command):
    report(name).unlink(missing_ok=True)
    if name != "keyward":
        return cost(command).of_answer(name)
    # Keyward's report is its standard output.
    with open(report(name), "wb") as out:
        return cost(command, stdout=out).of_answer(name)


def row(name, costs, size, with_planted):
    cpu = [measured.cpu for measured in costs]
    found = ["", ""]
    if report(name).exists():
        text = report(name).read_text(errors="replace")
        found = [tools.findings(text), f"{planted.found(text)} of {len(planted.files())}" if with_planted else ""]
    return [
        name,
        spread([measured.wall for measured in costs]),
        spread(cpu),
        f"{size / statistics.median(cpu):,.0f}",
        f"{max(measured.rss for measured in costs):.0f}",
        *found,
    ]


def floor(folder):
    """The engine alone, in memory, beside one pass of memchr: `shared-rules/examples/floor.rs`."""
    cargo = ["cargo", "run", "--quiet", "--release", "-p", "keyward-rules", "--example", "floor", "--"]
    return output(*cargo, folder, cwd=ROOT)
