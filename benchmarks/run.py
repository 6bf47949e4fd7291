"""Measures the figures of README's speed table:  make bench

On a PostgreSQL with durable commits and a Redis of its own, on loopback, bounded in count and time. Other work on the
machine slows everything alike, so compare figures of one run, never of two.
"""

import os
import platform
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import services  # noqa: E402  (the path above makes it importable)
from scripts.programs import MissingProgramError, Toolbox  # noqa: E402


def main() -> int:
    try:
        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ciip-bench-")))
            directory.chmod(0o755)
            tools = Toolbox()
            os.environ |= {
                "DATABASE_URL": stack.enter_context(services.postgres(tools, directory / "postgres", durable=True)),
                "REDIS_URL": stack.enter_context(services.redis(tools, directory / "redis")),
                "SECRET_KEY": "for benchmarks only, " * 3,
                "VAR_DIR": str(directory / "var"),
                "LOG_LEVEL": "ERROR",
                "DJANGO_SETTINGS_MODULE": "ciip_site.settings",
            }
            measure()
    except (MissingProgramError, services.ServiceError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def measure() -> None:
    import django

    django.setup()
    from benchmarks import assembling, link_timing, sitting, statistics_of_items

    print(f"\nPython {platform.python_version()}, {os.cpu_count()} cores, PostgreSQL with durable commits\n")
    assembling.measure()
    sitting.measure()
    statistics_of_items.measure()
    link_timing.measure()


if __name__ == "__main__":
    sys.exit(main())
