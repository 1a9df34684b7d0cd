"""A small client of the Identity and Compute APIs, for the commands alone.

Law: `clouds` and `credentials` find out who asks, `http` sends, `identity` logs in, `compute`
speaks the Compute API at a negotiated microversion, `services` knows its forms. No module but
`http` opens a connection, and no secret leaves it other than in a request.
"""
