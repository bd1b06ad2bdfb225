"""The paths of the API. A view reads, calls once, and writes."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from scribepass.errors import CredentialsUnavailable
from scribepass.transcribe import ENCODINGS, language_available, languages_of
from scribepass.transcribe.catalogue import AS_OF, Language
from scribepass.vending import Vendor

from .asking import ticket_request
from .guard import the_caller
from .reading import pairs_of

__all__ = ["add_routes", "catalogue"]

Json = dict[str, Any]


def add_routes(app: Flask, *, vendor: Vendor) -> None:
    """Add every path of the API to ``app``."""
    offered = catalogue(vendor)

    def presign() -> tuple[Json, int]:
        asked = ticket_request(pairs_of(request), vendor=vendor)
        ticket = vendor.vend(the_caller(), asked)
        return ticket.to_json(), 201 if request.method == "POST" else 200

    def list_catalogue() -> Json:
        return offered

    def healthz() -> Json:
        return {"status": "ok"}

    def readyz() -> Json:
        if not vendor.ready():
            raise CredentialsUnavailable("memory")
        return {"status": "ready"}

    app.add_url_rule("/presign", "presign", presign, methods=["GET", "POST"])
    app.add_url_rule("/catalogue", "catalogue", list_catalogue)
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    for rule in app.url_map.iter_rules("presign"):
        # werkzeug lets HEAD in where GET is; it would sign a URL and throw it away.
        (rule.methods or set()).discard("HEAD")


def catalogue(vendor: Vendor) -> Json:
    """What this deployment vends, for pickers: operations, regions, encodings, languages."""
    languages: dict[str, Json] = {}
    for operation in vendor.operations:
        for language in languages_of(operation):
            regions = [each for each in vendor.regions if language_available(each, language.code)]
            if regions:
                entry = languages.setdefault(language.code, _language(language, regions))
                entry["operations"].append(operation.value)
    return {
        "as_of": AS_OF,
        "operations": [each.value for each in vendor.operations],
        "default_region": vendor.default_region,
        "regions": list(vendor.regions),
        "encodings": [each.code for each in ENCODINGS.values() if each.documented],
        "languages": [languages[code] for code in sorted(languages)],
    }


def _language(language: Language, regions: list[str]) -> Json:
    return {
        "code": language.code,
        "name": language.name,
        "operations": [],
        "regions": regions,
        "capabilities": {
            "numbers": language.numbers,
            "acronyms": language.acronyms,
            "custom_language_model": language.custom_language_model,
            "redaction": language.redaction,
            "call_analytics": language.call_analytics,
        },
    }
