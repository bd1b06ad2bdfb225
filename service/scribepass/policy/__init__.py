"""What a caller may ask for: rules for classes of callers, from a TOML file.

::

    [default]                           # callers of no class; may be empty, must be there
    operations = ["standard"]           # these lists allow; "all", or no list: whatever is vended here
    regions = ["us-east-1"]
    languages = ["en-US", "es-US"]      # of language-code, language-options and preferred-language
    encodings = ["pcm"]
    vocabularies = ["shared-"]          # how the names begin that may be used; [] is none. Without the
                                        # hyphen it would be those of a tenant called sharedcorp, too
    vocabulary_filters = []
    language_models = []
    max_expires_in = 60                 # seconds, 15 to 300

    [default.locked]                    # the service sets these; another wish is refused
    content-redaction-type = "PII"

    [default.defaults]                  # the service sets these where the caller does not
    language-code = "en-US"

    [default.quota]                     # in place of the deployment's
    per_minute = 30                     # also burst, per_hour, sessions; 0 is no limit

    [class.clinic]
    operations = ["standard", "medical"]
    unlocked = ["content-redaction-type"]
    [class.clinic.locked.standard]      # for one operation
    content-redaction-type = "PII"

    [callers]                           # caller's id = class
    ward-7 = "clinic"
    "staff|0b5c2f" = "clinic"

    [issuers]                           # all callers of an issuer, or of "keys"; [callers] goes first
    staff = "clinic"

An empty list allows nothing: ``operations = []`` shuts a class out. ``operations`` and ``regions`` that have
something, but nothing that the deployment vends, are a fault of the file.

A class is ``[default]`` with its own words in place: a list replaces the list, and in ``locked``,
``defaults`` and ``quota`` each name replaces that name. A lock of ``[default]`` ends only where a class names
it in ``unlocked``, so that forgetting it is safe.

A lock holds in every operation that its class may use: where one of them has no such parameter, or the value
is none that it takes, the file is refused rather than the promise broken. What a lock would be worth little
without (`locks.SUBORDINATE`: a caller that may choose ``pii-entity-types`` can leave almost nothing redacted)
is locked with it, to be left out, unless ``locked`` names it too. In ``defaults``, which are the caller's to
change, it is a fault of the file. Where redaction is locked, languages that have none are refused.

A default is added where the operation has that parameter, the caller does not name it, and it breaks no rule
beside what the caller does name: a default ``language-code`` yields to ``identify-language``.
"""

from .file import read_policy
from .policies import Policy, open_policy
from .rules import Rules
from .text import parse

__all__ = ["Policy", "Rules", "open_policy", "parse", "read_policy"]
