"""Pushes the same commits to fresh copies of a server, each with another hook, and says what the hook added."""

import json
import os
import pathlib
import shlex
import shutil
import statistics
import sys
import tempfile

import planted
import pushes
import tools
from measure import ROOT, WORK, Cost, cost, machine, output, spread, table

HOOKS = pathlib.Path(__file__).parent / "hooks"
# Nobody's own settings, no maintenance in the background of a timed push.
os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def run(arguments):
    WORK.mkdir(parents=True, exist_ok=True)
    print(machine())
    compared = tools.prepare(arguments.only)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        folder = pathlib.Path(folder)
        for push in pushes.make(arguments.repo or ROOT, folder):
            print(section(push, compared, arguments.runs, folder), flush=True)


def section(push, compared, runs, folder):
    """The table of one push."""
    pack = folder / "push.pack"
    pushes.write_pack(push, pack)
    names = ["none", "empty", *(tool.name for tool in compared)]
    pushed = {name: [] for name in names}
    hooks = {name: [] for name in names}
    floor = []
    # The first round warms the page cache and the peers' own caches.
    for round in range(runs + 1):
        indexed = index(push, pack, folder)
        costs = {name: once(push, name, compared, folder) for name in names}
        if round:
            floor.append(indexed.cpu)
            for name, (whole, hook) in costs.items():
                pushed[name].append(whole)
                hooks[name].append(hook)
    rows = [row(push, name, pushed[name], hooks[name], floor) for name in names]
    head = ["hook", "push wall s", "hook wall s", "hook CPU s", "of `index-pack`", "peak MB", "planted found"]
    return (
        f"### {push.name}\n\n{int(push.commits()):,} commits, {pushes.objects(pack):,} objects, pack of "
        f"{pack.stat().st_size / 1e6:.2f} MB; `git index-pack` of it: {spread(floor, 3)} CPU s\n\n{table(head, rows)}"
    )


def index(push, pack, folder):
    """What git itself spends on the pack, in a fresh copy of the server."""
    server = fresh(push.server, folder)
    with open(pack, "rb") as source:
        return cost(["git", "-C", server, "index-pack", "--stdin", "--fix-thin"], stdin=source)


def once(push, name, compared, folder):
    """One push to a fresh server: what the push cost, and what its hook did."""
    server = fresh(push.server, folder)
    record = folder / "record.json"
    record.unlink(missing_ok=True)
    report(name).unlink(missing_ok=True)
    if name != "none":
        install(server, name, record, compared)
    whole = cost(["git", "-C", push.client, "push", "--quiet", f"file://{server}", f"{push.tip}:{pushes.BRANCH}"])
    if whole.code:
        sys.exit(f"the push with the hook {name} failed")
    hook = Cost(**json.loads(record.read_text())).of_answer(name) if record.exists() else None
    return whole, hook


def fresh(server, folder):
    """A copy of a server; its object files are shared, since git never changes them in place."""
    copy = folder / "server.git"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(server, copy, copy_function=os.link, ignore=shutil.ignore_patterns("*.sample"))
    return copy


def install(server, name, record, compared):
    program = next((tool.program for tool in compared if tool.name == name), "")
    settings = {"PROGRAM": program, "REPORT": report(name), "CONFIG": tools.CONFIG}
    exports = [f"export {key}={shlex.quote(str(value))}" for key, value in settings.items()]
    timed = shlex.join([sys.executable, "-IS", str(HOOKS / "timed"), str(record), str(HOOKS / name)])
    hook = server / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("\n".join(["#!/bin/sh", *exports, f"exec {timed}"]) + "\n")
    hook.chmod(0o755)


def report(name):
    """Where a hook leaves what it found; Keyward's is the ledger."""
    return tools.CONFIG.with_name("ledger.jsonl") if name == "keyward" else WORK / f"hook-{name}.json"


def row(push, name, pushed, hooks, floor):
    wall = spread([whole.wall for whole in pushed], 3)
    if name == "none":
        return [name, wall, "", "", "", "", ""]
    cpu = [hook.cpu for hook in hooks]
    found = planted.found(report(name).read_text(errors="replace")) if report(name).exists() else 0
    return [
        name,
        wall,
        spread([hook.wall for hook in hooks], 3),
        spread(cpu, 3),
        f"{statistics.median(cpu) / statistics.median(floor):.2f}",
        f"{max(hook.rss for hook in hooks):.0f}",
        "" if name == "empty" or push.tip == pushes.CLEAN else f"{found} of {len(planted.files())}",
    ]
