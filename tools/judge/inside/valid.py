"""Runs in the judges' environment: is the document on stdin good OpenAPI? Says what is not."""

import json
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

errors = list(OpenAPIV31SpecValidator(json.load(sys.stdin)).iter_errors())
sys.exit("\n".join(f"{list(error.path)}: {error.message}" for error in errors) or 0)
