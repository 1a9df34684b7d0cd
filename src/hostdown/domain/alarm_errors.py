"""What can go wrong with alarms; the sentences are Aodh's where it has one."""

from hostdown.domain.errors import HostdownError


class AlarmNotFound(HostdownError):
    """No such alarm, as an administrator is told."""

    template = "Alarm {alarm_id} not found"
    code = "alarm-not-found"


class AlarmNotInProject(HostdownError):
    """No such alarm of the caller's project; whether there is one elsewhere is not said."""

    template = "Alarm {alarm_id} not found in project {project_id}"
    code = "alarm-not-in-project"


class AlarmQuotaExceeded(HostdownError):
    """The project, or the user, has as many alarms as it may have."""

    template = "Alarm quota exceeded for user {user_id} on project {project_id}"
    code = "alarm-quota-exceeded"


class TooManyAlarms(HostdownError):
    """The whole deployment has as many alarms as it keeps."""

    template = "There are {limit} alarms, which is all that this server keeps."
    code = "too-many-alarms"


class TooManyWideAlarms(HostdownError):
    """As many alarms of the project as may wait for no single server: each event meets them all."""

    template = (
        "Project {project_id} has {limit} alarms that wait for no single server, which is all that "
        "it may have; add the condition traits.instance_id=string::SERVER."
    )
    code = "too-many-wide-alarms"


class TooManyAlarmsOfServer(HostdownError):
    """As many alarms of the project as may wait for one server: each of its events meets all."""

    template = (
        "Project {project_id} has {limit} alarms that wait for server {server}, which is all that "
        "it may have; let one alarm have several actions."
    )
    code = "too-many-alarms-of-server"


class OwnerNotAuthorized(HostdownError):
    """Something of another project or user, asked for by somebody who is no administrator."""

    template = "Not Authorized to access {aspect} {owner}"
    code = "alarm-owner-not-authorized"


class AlarmTypeUnsupported(HostdownError):
    """A type of alarm that is measured, not told; Aodh has several."""

    template = (
        "Alarms of type {kind} are not supported here: this server has events, and alarms of type "
        "event for them."
    )
    code = "alarm-type-unsupported"


class TimeConstraintsUnsupported(HostdownError):
    """An event alarm that shall sleep at times; Aodh's event alarms take that, and never do."""

    template = (
        "time_constraints are not supported: an event alarm fires whenever its event happens."
    )
    code = "alarm-time-constraints-unsupported"


class ActionUnparsable(HostdownError):
    """An action that is no URL."""

    template = "Unable to parse action {action}"
    code = "alarm-action-unparsable"


class ActionUnsupported(HostdownError):
    """An action of a kind that is not called by anybody."""

    template = "Unsupported action {action}"
    code = "alarm-action-unsupported"


class ActionNotPublic(HostdownError):
    """An action at an address that nobody may have called; those of names are looked at later."""

    template = (
        "Unable to call action {action}: {address} is not a public address; an operator may allow "
        "it by [alarms] allowed_networks."
    )
    code = "alarm-action-not-public"


class TrustUnsupported(HostdownError):
    """An action that needs a trust, by which Aodh acts in the user's name."""

    template = (
        "Unsupported action {action}: there are no trusts here, so nothing is called in a user's "
        "name; use http, https or, as an administrator, log."
    )
    code = "alarm-trust-unsupported"


class ActionForbidden(HostdownError):
    """An action that only administrators may have."""

    template = "You are not authorized to create action: {action}"
    code = "alarm-action-forbidden"


class TooManyActions(HostdownError):
    """More actions of one state than an alarm may have."""

    template = "{name} count exceeds maximum value {limit}"
    code = "alarm-too-many-actions"


class AlarmMalformed(HostdownError):
    """Something said of an alarm that makes no sense; `reason` is a sentence."""

    template = "{reason}"
    code = "alarm-malformed"
