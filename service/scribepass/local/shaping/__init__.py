"""What a stream says of what its recognisers hear, as its parameters ask. Nothing here does I/O.

::

    said ─► stability ─► entities ─► vocabulary ─► details ─┬─► Transcript
            what was called stable stays                    └─► call: Utterance, Category, report
                        labelled, or redacted
                                     removed, masked, tagged
                                                  what was not asked for is left out
"""

from .shape import Shape

__all__ = ["Shape"]
