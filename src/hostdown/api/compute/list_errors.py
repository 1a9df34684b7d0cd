"""What can be wrong with the query of a list (contract 3.6, 4.8)."""

from hostdown.domain.errors import HostdownError


class FilterFieldInvalid(HostdownError):
    """A parameter that names a part of the database or something private."""

    template = "Invalid filter field: {name}."
    code = "filter-field-invalid"


class StatusInvalid(HostdownError):
    """A status that no server can have."""

    template = "Invalid status value"
    code = "status-invalid"


class WordUnrecognized(HostdownError):
    """A text that is neither yes nor no."""

    template = "Unrecognized value '{word}', acceptable values are: {words}"
    code = "word-unrecognized"


class DeletedForAdmins(HostdownError):
    """Deleted servers are asked for by somebody who is no administrator."""

    template = "Only administrators may list deleted instances"
    code = "deleted-for-admins"


class SortForAdmins(HostdownError):
    """Servers are sorted by where they are, by somebody who may not see that."""

    template = "Only administrators can sort servers by {key}"
    code = "sort-for-admins"


class SortDirectionUnknown(HostdownError):
    """Neither up nor down."""

    template = "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'"
    code = "sort-direction-unknown"


class SortDirectionsTooMany(HostdownError):
    """More directions than keys to sort by."""

    template = "Invalid input received: Sort direction size exceeds sort key size"
    code = "sort-directions-too-many"


class ChangesReversed(HostdownError):
    """A time from which on that lies after the one until which."""

    template = "The value of changes-since must be less than or equal to changes-before."
    code = "changes-reversed"


class TimeMalformed(HostdownError):
    """A time in none of the forms that usage knows."""

    template = "Invalid datetime string: Datetime is in invalid format"
    code = "time-malformed"


class PeriodReversed(HostdownError):
    """A period of usage that does not begin before it ends."""

    template = "Invalid start time. The start time cannot occur after the end time."
    code = "period-reversed"
