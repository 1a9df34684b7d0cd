"""What the port `Guests` raises; the classes live where drivers may import them too."""

from hostdown.domain.guest_errors import (
    GuestRefused,
    GuestUnknown,
    HypervisorSilent,
    ImageLocked,
    NotGone,
)

__all__ = ["GuestRefused", "GuestUnknown", "HypervisorSilent", "ImageLocked", "NotGone"]
