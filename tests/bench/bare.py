"""A Flask route that does nothing: what a request costs under this gunicorn before the service does anything.

``gunicorn -c python:scribepass.app.gunicorn_conf tests.bench.bare:app``
"""

import os

from flask import Flask, request

SIZE = int(os.environ.get("BENCH_ANSWER_BYTES", "1700"))

app = Flask("bare")
answer = {"url": "x" * (SIZE - len('{"url":""}\n'))}


@app.post("/presign")
def presign():
    """JSON in, JSON of the same size as a ticket out."""
    request.get_json()
    return answer, 201
