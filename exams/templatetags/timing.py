from django import template

register = template.Library()


@register.filter
def clock_words(seconds: float) -> str:
    """1 h 52 min for 6,740 seconds; under a minute in seconds."""
    total = int(seconds)
    hours, minutes = total // 3600, total // 60 % 60
    if not hours and not minutes:
        return f"{total} s"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@register.filter
def minute_words(minutes: int) -> str:
    """1 h 52 min for 112, 2 h for 120, 0 min for none."""
    hours, rest = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours))
