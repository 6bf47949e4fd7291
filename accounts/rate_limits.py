"""How often something was asked for, counted in the shared cache. Without a cache nothing is counted or refused."""

import ipaddress
from datetime import datetime, timedelta
from math import ceil

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

IPV6_HOUSEHOLD = 64


def count(name: str, *, window: timedelta, now: datetime) -> int:
    """Count one more for `name`; how many that makes within the window around now, 0 where nothing can be counted."""
    key = _key(name, window, now)
    cache.add(key, 0, timeout=round(window.total_seconds()))
    try:
        return cache.incr(key) or 0
    except ValueError:
        return 0


def seconds_left(*, window: timedelta, now: datetime) -> int:
    """Until the window around now ends and counting begins anew."""
    whole = window.total_seconds()
    return ceil(whole - now.timestamp() % whole)


def take_back(name: str, *, window: timedelta, now: datetime) -> None:
    """One less: what was counted turned out to be welcome."""
    try:
        cache.decr(_key(name, window, now))
    except ValueError:
        return


def address_of(request: HttpRequest) -> str:
    """Where a visitor comes from; of an IPv6 address the part that one household shares."""
    address = str(get_adapter().get_client_ip(request))
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, IPV6_HOUSEHOLD), strict=False).network_address)


def _key(name: str, window: timedelta, now: datetime) -> str:
    return f"count:{name}:{int(now.timestamp() // window.total_seconds())}"
