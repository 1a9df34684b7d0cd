"""How long a host has been running, in the words of uptime(1), which clients take apart."""

from datetime import datetime


def uptime(booted_at: datetime, now: datetime) -> str:
    """As `" 08:32:11 up 93 days, 18:25,  - users,  load average: -, -, -"`.

    Who is logged in and how busy the host is nobody reports. A host whose clock is ahead of ours
    was started just now.
    """
    days, seconds = _since(booted_at, now)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    ran = f"{hours:2}:{minutes:02}" if hours else f"{minutes} min"
    if days:
        ran = f"{days} day{'s' if days > 1 else ''}, {ran}"
    return f" {now.isoformat(' ', 'seconds')[-8:]} up {ran},  - users,  load average: -, -, -"


def _since(moment: datetime, now: datetime) -> tuple[int, int]:
    ran = now - moment
    return (ran.days, ran.seconds) if ran.days >= 0 else (0, 0)
