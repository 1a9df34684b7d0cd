"""The HTTP edge: WSGI on Falcon.

Law: turns requests into use-case calls and their results into bodies. Microversions live only in
`api/compute`; domain errors become HTTP statuses in one dict; no driver, no SQL.
"""
