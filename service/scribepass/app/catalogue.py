"""What a caller may ask for here, for pickers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scribepass.policy import Rules
from scribepass.policy.completion import text_of
from scribepass.policy.offers import offers_encoding, offers_language
from scribepass.transcribe import ENCODINGS, Operation, language_available, languages_of
from scribepass.transcribe.catalogue import AS_OF, Language
from scribepass.transcribe.values import Value
from scribepass.vending import Vendor

__all__ = ["catalogue"]

Json = dict[str, Any]


def catalogue(vendor: Vendor, *, rules: Rules) -> Json:
    """Operations, regions, encodings and languages that ``vendor`` vends and ``rules`` allow.

    Each operation can be asked for with each encoding, and with each language that names it in each region of
    that language. ``default_region`` is null where no region is allowed. ``locked`` are parameters that the
    service sets whatever is asked for, ``defaults`` those that it sets where nothing is.
    """
    here = vendor.deployment
    operations = [each for each in here.operations if rules.allows_operation(each)]
    regions = [each for each in here.regions if rules.allows_region(each)]
    languages: dict[str, Json] = {}
    for operation in operations:
        for language in languages_of(operation):
            found = [each for each in regions if language_available(each, language.code)]
            if found and offers_language(rules, language.code, operation=operation):
                entry = languages.setdefault(language.code, _language(language, found))
                entry["operations"].append(operation.value)
    return {
        "as_of": AS_OF,
        "operations": [each.value for each in operations],
        "default_region": vendor.default_region(rules) if regions else None,
        "regions": regions,
        "encodings": _encodings(rules, operations=operations),
        "max_expires_in": min(rules.max_expires_in, here.max_expires_in),
        "locked": _texts(rules.locked, operations=operations),
        "defaults": _texts(rules.defaults, operations=operations),
        "languages": [languages[code] for code in sorted(languages)],
    }


def _encodings(rules: Rules, *, operations: Sequence[Operation]) -> list[str]:
    """Those that are documented, or locked: a lock is the operator's word that they work."""
    locked = {rules.locked.get(each, {}).get("media-encoding") for each in operations}
    return [
        each.code
        for each in ENCODINGS.values()
        if (each.documented or each.code in locked)
        and all(offers_encoding(rules, each.code, operation=operation) for operation in operations)
    ]


def _texts(values: Mapping[Operation, Mapping[str, Value]], *, operations: Sequence[Operation]) -> Json:
    return {
        each.value: {name: text_of(value) for name, value in values[each].items()}
        for each in operations
        if values.get(each)
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
