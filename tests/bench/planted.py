"""Credentials that no one ever issued, made at run time, so that a timed run also proves that it detects."""

import random
import string
import zlib

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
BASE32 = string.ascii_uppercase + "234567"


def files():
    """File name to content, the same on each call. Each holds one credential, of a kind that all these tools know."""
    chance = random.Random(1)

    def word(alphabet, length):
        return "".join(chance.choice(alphabet) for _ in range(length))

    def checksummed(prefix):
        body = word(BASE62, 30)
        return prefix + body + base62(zlib.crc32(body.encode()))

    tokens = {
        # One half of an AWS key alone is not reported by every tool.
        "aws.py": f'AKIA{word(BASE32, 16)}", secret_key="{word(BASE62, 40)}',
        "github.py": checksummed("ghp_"),
        "gitlab.py": "glpat-" + word(BASE62, 20),
        "npm.py": checksummed("npm_"),
        "sendgrid.py": f"SG.{word(BASE62, 22)}.{word(BASE62, 43)}",
        "slack.py": f"xoxb-{word(string.digits, 12)}-{word(string.digits, 13)}-{word(BASE62, 24)}",
        "stripe.py": "sk_live_" + word(BASE62, 24),
    }
    return {f"planted/{name}": f'import client\n\nclient.connect(token="{token}")\n' for name, token in tokens.items()}


def base62(number):
    """Six digits, as in the checksums of GitHub and npm."""
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits


def found(report):
    """How many of the planted files a report names."""
    return sum(name in report for name in files())
