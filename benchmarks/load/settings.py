"""The site's own settings with one address more: the floor that its saves are measured against."""

from ciip_site.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.load.floor"
