"""Makes the folder that is scanned: sources of public packages at fixed versions, text only, each content once."""

import hashlib
import os
import pathlib
import shutil
import sys
import tarfile
import tempfile
import zipfile

import planted
from measure import ROOT, WORK, output

LARGEST = 2 << 20
# Tools differ in whether they heed these; without them all see the same files.
IGNORE_FILES = {".gitignore", ".ignore", ".gitattributes"}

WHEELS = [
    "ansible-core==2.19.4",
    "apache-airflow-core==3.1.3",
    "django==5.2.8",
    "kubernetes==34.1.0",
    "sympy==1.14.0",
    "transformers==4.57.1",
    "twisted==25.5.0",
]
NODE_PACKAGES = ["@angular/core@20.3.12", "aws-sdk@2.1692.0", "rxjs@7.8.2", "three@0.181.1", "typescript@5.9.3"]


def make():
    """The folder, built on first use."""
    folder = WORK / "source"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=WORK) as temporary:
            build(pathlib.Path(temporary), partial := WORK / "source.partial")
        partial.rename(folder)
    return folder


def build(temporary, folder):
    shutil.rmtree(folder, ignore_errors=True)
    unpacked = temporary / "unpacked"
    python_packages(temporary / "wheels", unpacked / "python")
    node_packages(temporary / "tarballs", unpacked / "node")
    # The crates that Keyward itself is built from: the lock file fixes their versions.
    output("cargo", "vendor", "--quiet", "--locked", "--versioned-dirs", unpacked / "rust", cwd=ROOT)
    seen = set()
    for path in files(unpacked):
        copy(path, folder / path.relative_to(unpacked), seen)
    for name, text in planted.files().items():
        write(folder / name, text.encode())


def python_packages(wheels, unpacked):
    # Wheels without compiled parts, the same on every machine.
    anywhere = ["--only-binary=:all:", "--platform=any", "--abi=none", "--implementation=py", "--python-version=3.12"]
    output(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *anywhere, "-d", wheels, *WHEELS)
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked / wheel.name.split("-")[0])


def node_packages(tarballs, unpacked):
    tarballs.mkdir()
    output("npm", "pack", "--silent", *NODE_PACKAGES, cwd=tarballs)
    for tarball in sorted(tarballs.glob("*.tgz")):
        with tarfile.open(tarball) as archive:
            archive.extractall(unpacked / tarball.stem, filter="data")


def copy(path, target, seen):
    """Copies a text file whose content is new."""
    if path.name in IGNORE_FILES or not 0 < path.stat().st_size <= LARGEST:
        return
    content = path.read_bytes()
    digest = hashlib.sha256(content).digest()
    if b"\0" not in content and digest not in seen:
        seen.add(digest)
        write(target, content)


def write(target, content):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def files(folder):
    """Regular files below a folder, in a fixed order."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = pathlib.Path(parent, name)
            if path.is_file() and not path.is_symlink():
                yield path
