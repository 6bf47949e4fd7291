"""Finds the programs the tests need and installs what is missing, or says how to."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


class MissingProgramError(Exception):
    """Says which program could not be had and the command that mends it."""


@dataclass(frozen=True)
class Program:
    names: tuple[str, ...]
    packages: dict[str, str]
    # Where packages put it outside the path; patterns under /, of which the newest version wins.
    elsewhere: tuple[str, ...] = ()
    variable: str = ""

    def find(self) -> str | None:
        named = os.environ.get(self.variable) if self.variable else None
        if named:
            return shutil.which(named)
        found = (path for pattern in self.elsewhere for path in Path("/").glob(pattern))
        candidates = [*self.names, *map(str, sorted(found, key=_version, reverse=True))]
        return next(filter(None, map(shutil.which, candidates)), None)


POSTGRES_DIRECTORIES = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")


def _postgres(name: str) -> Program:
    packages = {"apt-get": "postgresql", "dnf": "postgresql-server", "brew": "postgresql@17"}
    return Program((name,), packages, tuple(f"{directory}/{name}" for directory in POSTGRES_DIRECTORIES))


PROGRAMS = {
    "postgres": _postgres("postgres"),
    "initdb": _postgres("initdb"),
    "pg_isready": _postgres("pg_isready"),
    "pgbench": _postgres("pgbench"),
    "pg_dump": _postgres("pg_dump"),
    "pg_restore": _postgres("pg_restore"),
    "psql": _postgres("psql"),
    "pgbouncer": Program(
        ("pgbouncer",),
        {"apt-get": "pgbouncer", "dnf": "pgbouncer", "brew": "pgbouncer"},
        ("usr/sbin/pgbouncer", "opt/homebrew/opt/pgbouncer/bin/pgbouncer"),
    ),
    "redis-server": Program(
        ("redis-server", "valkey-server"), {"apt-get": "redis-server", "dnf": "redis", "brew": "redis"}
    ),
    "chromium": Program(
        ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
        {"apt-get": "chromium", "dnf": "chromium", "brew": "--cask chromium"},
        ("Applications/Chromium.app/Contents/MacOS/Chromium", "Applications/Google Chrome.app/Contents/MacOS/*"),
        variable="CHROMIUM",
    ),
}
INSTALL = {"apt-get": "apt-get install --yes", "dnf": "dnf install -y", "brew": "brew install"}


@dataclass
class Toolbox:
    """The programs found so far; package lists are fetched at most once."""

    paths: dict[str, str] = field(default_factory=dict)
    lists_are_fresh: bool = False

    def get(self, name: str) -> str:
        if name not in self.paths:
            path = PROGRAMS[name].find() or self._install(name)
            print(f"  {name}: {path} ({version_of(path)})", flush=True)
            self.paths[name] = path
        return self.paths[name]

    def _install(self, name: str) -> str:
        program = PROGRAMS[name]
        if program.variable and (named := os.environ.get(program.variable)):
            raise MissingProgramError(f"{program.variable} names {named}, which is no program; unset or correct it.")
        prefix = root_prefix()
        if prefix is None or not shutil.which("apt-get"):
            raise MissingProgramError(advice(name))
        package = program.packages["apt-get"]
        print(f"  {name} is missing: installing {package} with apt-get", flush=True)
        if not self.lists_are_fresh:
            run_quietly([*prefix, "apt-get", "update"], name)
            self.lists_are_fresh = True
        run_quietly([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *INSTALL["apt-get"].split(), package], name)
        path = program.find()
        if path is None:
            raise MissingProgramError(f"{package} was installed but brought no {name}.\n{advice(name)}")
        return path


def root_prefix() -> list[str] | None:
    """What makes a command run as root without asking anybody, or None."""
    if os.geteuid() == 0:
        return []
    asks_nobody = (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0
    )
    return ["sudo", "-n"] if asks_nobody else None


def run_quietly(command: list[str], name: str) -> None:
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise MissingProgramError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{advice(name)}")


def advice(name: str) -> str:
    program = PROGRAMS[name]
    known = {manager: package for manager, package in program.packages.items() if shutil.which(manager)}
    lines = [f"{name} is needed for the tests and was not found. Install it with"]
    for manager, package in (known or program.packages).items():
        as_root = "" if manager == "brew" or os.geteuid() == 0 else "sudo "
        lines.append(f"    {as_root}{INSTALL[manager]} {package}")
    if program.variable:
        lines.append(f"or name one yourself:\n    {program.variable}=/path/to/{name} make test")
    return "\n".join(lines)


def version_of(path: str) -> str:
    output = subprocess.run([path, "--version"], check=False, capture_output=True, text=True).stdout.strip()
    return output.splitlines()[0] if output else "version unknown"


def _version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]
