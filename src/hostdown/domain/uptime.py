"""How long a host has been running, in the words of uptime(1), which clients take apart."""

from datetime import datetime, timedelta


def uptime(booted_at: datetime, now: datetime) -> str:
    """As `" 08:32:11 up 93 days, 18:25,  - users,  load average: -, -, -"`.

    Who is logged in and how busy the host is nobody reports. A host whose clock is ahead of ours
    was started just now.
    """
    ran = max(now - booted_at, timedelta())
    minutes = ran.seconds // 60
    parts = [f"{ran.days} day{'s' if ran.days > 1 else ''}"] if ran.days else []
    parts.append(f"{minutes // 60:2}:{minutes % 60:02}" if minutes >= 60 else f"{minutes} min")
    return f" {now:%H:%M:%S} up {', '.join(parts)},  - users,  load average: -, -, -"
