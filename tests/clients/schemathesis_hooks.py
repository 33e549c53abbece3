"""What schemathesis needs to know of this server: which ids there are, and which answers are failures.

In the environment: ST_SERVER, the URL of the server, and ST_TOKEN, a token for all its requests.
"""

import itertools
import json
import os
import urllib.request

import schemathesis

SERVER = os.environ["ST_SERVER"]
TOKEN = os.environ["ST_TOKEN"]

# heketi answers 500 to what cannot be done, such as a volume for which there is no room. These are the server's own failures.
FAILURES = ("Unable to access db", "the server failed to carry this out", "the backup failed", "Could not construct dump")

turns = itertools.count()


def get(path):
    request = urllib.request.Request(SERVER + path, headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def known_ids(kind):
    """The ids of all objects of a kind that are there now."""
    if kind in ("jobs", "queue"):
        return [job["id"] for job in get("/jobs")["jobs"]]
    if kind == "findings":
        return [finding["id"] for finding in get("/findings")["findings"]]
    section = "pendingoperations" if kind == "operations" else kind.removesuffix("s") + "entries"
    return list(get("/db/dump")[section] or {})


@schemathesis.hook
def map_path_parameters(context, parameters):
    """Two of three requests are about something that is there."""
    turn = next(turns)
    if not parameters or "id" not in parameters or turn % 3 == 0:
        return parameters
    ids = known_ids(context.operation.path.split("/")[1])
    return {**parameters, "id": ids[turn % len(ids)]} if ids else parameters


@schemathesis.check
def is_no_failure_of_the_server(ctx, response, case):
    """An answer of 500 says what cannot be done, one of 503 that it cannot be done now; there are no others."""
    if response.status_code >= 500:
        assert response.status_code in (500, 503), response.status_code
        assert not response.text.startswith(FAILURES), response.text
