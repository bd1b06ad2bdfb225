"""The languages that Amazon Transcribe streams, and what it can do with each: one table.

Sources: the enum ``LanguageCode`` of the service model ``transcribe-streaming/2017-10-26``, and the streaming
columns of the page "Supported languages" of the developer guide; both as of ``catalogue.AS_OF``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language code and what streaming can do with it.

    ``region_restricted``: not in every region, see ``catalogue.language_available``. ``numbers``: written as
    digits. ``acronyms``: allowed in custom vocabularies. ``call_analytics``: Call Analytics takes it live.
    """

    code: str
    name: str
    region_restricted: bool
    numbers: bool
    acronyms: bool
    custom_language_model: bool
    redaction: bool
    call_analytics: bool


# Code, flags, name. N numbers, A acronyms, C custom language model, R redaction, T real-time Call Analytics,
# * restricted to some regions, - none of these.
_TABLE = """\
af-ZA  A     Afrikaans
am-ET  A*    Amharic
ar-AE  N     Arabic, Gulf
ar-SA  N     Arabic, Modern Standard
be-BY  A*    Belarusian
bg-BG  A*    Bulgarian
bn-IN  NA*   Bengali
bs-BA  A*    Bosnian
ca-ES  NA    Catalan
ckb-IQ A*    Central Kurdish, Iraq
ckb-IR A*    Central Kurdish, Iran
cs-CZ  A     Czech
cy-WL  A*    Welsh
da-DK  NA    Danish
de-CH  NAR   German, Swiss
de-DE  NACRT German
el-GR  A     Greek
en-AB  NAR   English, Scottish
en-AU  NACRT English, Australian
en-GB  NACRT English, British
en-IE  NAR   English, Irish
en-IN  NAR   English, Indian
en-NZ  NAR   English, New Zealand
en-US  NACRT English, US
en-WL  NAR   English, Welsh
en-ZA  NAR   English, South African
es-ES  NAR   Spanish
es-MX  NA*   Spanish, Mexican
es-US  NACRT Spanish, US
et-ET  A*    Estonian
eu-ES  A     Basque
fa-AF  A*    Farsi, Afghan
fa-IR  -     Farsi
fi-FI  A     Finnish
fr-CA  NART  French, Canadian
fr-FR  NART  French
gl-ES  A     Galician
gu-IN  A*    Gujarati
he-IL  N     Hebrew
hi-IN  NA    Hindi, Indian
hr-HR  A     Croatian
ht-HT  A*    Haitian Creole
hu-HU  A*    Hungarian
hy-AM  A*    Armenian
id-ID  NA    Indonesian
is-IS  A*    Icelandic
it-IT  NART  Italian
ja-JP  NC    Japanese
jv-ID  A*    Javanese
ka-GE  A*    Georgian
kab-DZ A*    Kabyle
kk-KZ  A*    Kazakh
km-KH  A*    Khmer
kn-IN  A*    Kannada
ko-KR  NA    Korean
lg-IN  A*    Luganda
lt-LT  A*    Lithuanian
lv-LV  A     Latvian
mk-MK  A*    Macedonian
ml-IN  A*    Malayalam
mr-IN  A*    Marathi
ms-MY  A     Malay
my-MM  A*    Burmese
ne-NP  A*    Nepali
nl-NL  NA    Dutch
no-NO  A     Norwegian Bokmål
or-IN  A*    Odia/Oriya
pa-IN  A*    Punjabi
pl-PL  NA    Polish
ps-AF  A*    Pashto
pt-BR  NART  Portuguese, Brazilian
pt-PT  NAR   Portuguese
ro-RO  NA    Romanian
ru-RU  NA    Russian
si-LK  A*    Sinhala
sk-SK  A     Slovak
sl-SI  A*    Slovenian
so-SO  NA    Somali
sq-AL  A*    Albanian
sr-RS  A     Serbian
su-ID  A*    Sundanese
sv-SE  NA    Swedish
sw-BI  A*    Swahili, Burundi
sw-KE  NA*   Swahili, Kenya
sw-RW  A*    Swahili, Rwanda
sw-TZ  A*    Swahili, Tanzania
sw-UG  A*    Swahili, Uganda
ta-IN  NA*   Tamil
te-IN  A*    Telugu
th-TH  A     Thai
tl-PH  NA    Tagalog/Filipino
tr-TR  NA*   Turkish
uk-UA  NA    Ukrainian
uz-UZ  A*    Uzbek
vi-VN  A     Vietnamese
zh-CN  N     Chinese, Simplified
zh-HK  N     Chinese, Cantonese
zh-TW  N     Chinese, Traditional
zu-ZA  A     Zulu
"""


def _language(row: str) -> Language:
    code, flags, name = row.split(maxsplit=2)
    return Language(
        code=code,
        name=name,
        region_restricted="*" in flags,
        numbers="N" in flags,
        acronyms="A" in flags,
        custom_language_model="C" in flags,
        redaction="R" in flags,
        call_analytics="T" in flags,
    )


LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {language.code: language for language in map(_language, _TABLE.splitlines())}
)
