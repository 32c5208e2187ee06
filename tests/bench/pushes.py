"""The pushes that are measured: made from any repository, with planted credentials in their middle."""

import bisect
import dataclasses
import pathlib
import subprocess

import planted
from measure import output

LEAKING = "refs/heads/leaking"
CLEAN = "refs/heads/clean"
BRANCH = "refs/heads/main"
AUTHOR = "Bench <bench@example.org>"


@dataclasses.dataclass
class Push:
    """One push: the server has `base` (nothing if empty), the client pushes `tip`."""

    name: str
    tip: str
    base: str
    client: pathlib.Path
    server: pathlib.Path

    def commits(self):
        return output("git", "-C", self.client, "rev-list", "--count", *self.range())

    def range(self):
        return [self.tip, f"^{self.base}"] if self.base else [self.tip]


def make(repository, folder):
    """Five commits on top of the history, to servers that know all, some or nothing of it."""
    client = folder / "client.git"
    output("git", "clone", "--quiet", "--bare", "--shared", repository, client)
    old = output("git", "-C", client, "rev-parse", "HEAD")
    # Younger than what they stand on, as commits are: walks through a history go by date.
    date = int(output("git", "-C", client, "show", "--no-patch", "--format=%ct", old)) + 60
    nothing = {"bench/i.py": "VALUE = 1\n"}
    stream = five_commits(CLEAN, old, date, nothing) + five_commits(LEAKING, old, date, planted.files())
    subprocess.run(["git", "-C", client, "fast-import", "--quiet"], input=stream.encode(), check=True)
    kinds = [
        ("Five small commits, nothing to find", CLEAN, old),
        ("Five small commits", LEAKING, old),
        ("A long branch", LEAKING, thousand_back(client)),
        ("The whole history", LEAKING, ""),
    ]
    for number, (name, tip, base) in enumerate(kinds):
        push = Push(name, tip, base, client, folder / f"server-{number}.git")
        output("git", "init", "--quiet", "--bare", push.server)
        output("git", "-C", push.server, "config", "receive.autogc", "false")
        if base:
            output("git", "-C", client, "push", "--quiet", f"file://{push.server}", f"{base}:{BRANCH}")
        yield push


def five_commits(branch, old, date, passing):
    """A fast-import stream. The third commit brings the `passing` files, the fourth takes them away again."""
    text = "\n".join(f"def step_{number}():\n    return {number}\n" for number in range(30))
    changes = [
        [inline(f"bench/{name}.py", text) for name in "abcdefgh"],
        [inline("bench/a.py", text.replace("step", "stage"))],
        [inline(name, content) for name, content in passing.items()],
        [f"D {name}\n" for name in passing],
        [inline("bench/b.py", text.replace("return", "yield"))],
    ]
    commits = []
    for number, change in enumerate(changes):
        start = f"from {old}\n" if number == 0 else ""
        header = f"commit {branch}\ncommitter {AUTHOR} {date + number} +0000\n{data(f'Step {number + 1}')}"
        commits.append(header + start + "".join(change))
    return "\n".join(commits) + "\n"


def inline(path, content):
    return f"M 100644 inline {path}\n{data(content)}"


def data(text):
    return f"data {len(text.encode())}\n{text}\n"


def thousand_back(client):
    """The newest commit of the main line that leaves a thousand commits to push; half-way in a short history."""
    line = output("git", "-C", client, "rev-list", "--first-parent", LEAKING).splitlines()

    def ahead(commit):
        return int(output("git", "-C", client, "rev-list", "--count", LEAKING, f"^{commit}"))

    wanted = min(1000, int(output("git", "-C", client, "rev-list", "--count", LEAKING)) // 2)
    return line[min(bisect.bisect_left(line, wanted, key=ahead), len(line) - 1)]


def write_pack(push, pack):
    """The pack that git sends for this push."""
    options = ["-q", "--revs", "--thin", "--stdout", "--delta-base-offset"]
    pack_objects = ["git", "-C", str(push.client), "pack-objects", *options]
    revisions = "\n".join(push.range()) + "\n"
    with open(pack, "wb") as out:
        subprocess.run(pack_objects, input=revisions.encode(), stdout=out, check=True)


def objects(pack):
    with open(pack, "rb") as start:
        return int.from_bytes(start.read(12)[8:], "big")
