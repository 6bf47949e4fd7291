"""Published flaws of the packages that are locked:  make audit  (ARGS="--service osv")

Exits 0 when an advisory service was asked about every package and knows nothing against it, 1 when it does, and 2 when
not all could be asked about. pip-audit itself says "No known vulnerabilities found" of packages it could not look up.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOUND, NOT_ASKED = 1, 2
MOST_SECONDS = 600


@dataclass
class Audit:
    """What became of one lock file, or of several."""

    asked: int = 0
    flaws: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        return FOUND if self.flaws else NOT_ASKED if self.unknown or not self.asked else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--service", choices=["pypi", "osv"], default="pypi")
    service = parser.parse_args().service
    statuses = []
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        audit = judge(*ask(lock, service))
        print(told(audit, lock.name, service))
        statuses.append(audit.status)
    return max(statuses, key=[0, NOT_ASKED, FOUND].index)


def ask(lock: Path, service: str) -> tuple[str, str]:
    """What pip-audit prints, and what it says went wrong."""
    program = [str(Path(sys.executable).parent / "pip-audit"), "--vulnerability-service", service]
    options = ["--format", "json", "--progress-spinner", "off", "--require-hashes", "--disable-pip"]
    try:
        done = subprocess.run(
            [*program, *options, "--requirement", str(lock)],
            check=False, capture_output=True, text=True, timeout=MOST_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "", f"no answer within {MOST_SECONDS} seconds"
    return done.stdout, done.stderr


def judge(printed: str, went_wrong: str) -> Audit:
    audit = Audit()
    try:
        packages = json.loads(printed)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = went_wrong.strip().splitlines() or ["pip-audit said nothing"]
        audit.unknown.append(lines[-1])
        return audit
    for package in packages:
        if "skip_reason" in package:
            audit.unknown.append(package["skip_reason"])
            continue
        audit.asked += 1
        for flaw in package["vulns"]:
            names = ", ".join([flaw["id"], *flaw.get("aliases", [])])
            mended = ", ".join(flaw["fix_versions"]) or "no version yet"
            audit.flaws.append(f"{package['name']} {package['version']}: {names}; mended in {mended}")
    return audit


def told(audit: Audit, lock: str, service: str) -> str:
    lines = [f"{lock}: FLAW {flaw}" for flaw in audit.flaws]
    if audit.unknown or not audit.asked:
        reason = audit.unknown[0] if audit.unknown else "the lock file names no package"
        count = f"{len(audit.unknown)} of {len(audit.unknown) + audit.asked} packages" if audit.asked else "any package"
        lines.append(f"{lock}: NOT AUDITED, advisories could not be fetched from {service} for {count}: {reason}")
    elif not audit.flaws:
        lines.append(f"{lock}: nothing is known against its {audit.asked} packages.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
