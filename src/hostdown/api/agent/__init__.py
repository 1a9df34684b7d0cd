"""What compute hosts call: enrolment, sessions, reports; and what admins ask about hosts."""
