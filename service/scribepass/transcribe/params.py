"""The parameters of one stream: three models, and how text or JSON becomes one of them.

What each parameter may be is data in ``parameters.py``, the rules between them in ``rules.py``; the models
give them types. A model that exists obeys both: whatever it holds can be signed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from scribepass.errors import InvalidParameters, Problem

from .catalogue import LANGUAGES, REGIONS, Operation, language_available
from .parameters import PARAMETERS
from .rules import Given, broken
from .values import Unfit, Value, nearest, shown, split

MAX_PROBLEMS: Final = 50
"""More are not told of one request: an answer should not be much longer than its question."""

_RULES = "rules"
_LANGUAGE_PARAMETERS = ("language-code", "preferred-language", "language-options")


def _alias(name: str) -> str:
    return name.replace("_", "-")


def _field(alias: str) -> str:
    return alias.replace("-", "_")


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    operation = model.__dict__.get("operation")
    for name, parameter in PARAMETERS[operation].items() if operation else ():
        schema["properties"][name] = {**parameter.kind.schema, "description": parameter.description}


class StreamParams(BaseModel):
    """What the parameters of all operations have in common. Field names are AWS's with ``_`` for ``-``."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        alias_generator=_alias,
        populate_by_name=True,
        json_schema_extra=_describe,
    )
    operation: ClassVar[Operation]
    _readers: ClassVar[Mapping[str, Callable[[object], Value]]]
    _aliases: ClassVar[Mapping[str, str]]
    _places: ClassVar[Mapping[str, int]]

    language_code: str | None = None
    media_encoding: str
    sample_rate: int
    session_id: str | None = None
    vocabulary_name: str | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        cls._aliases = {name: _alias(name) for name in cls.model_fields}
        cls._places = {name: place for place, name in enumerate(cls.model_fields)}
        parameters = PARAMETERS[cls.operation] if "operation" in cls.__dict__ else {}
        cls._readers = {_field(name): each.kind.read for name, each in parameters.items()}

    @field_validator("*", mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        try:
            return cls._readers[str(info.field_name)](value)
        except Unfit as fault:
            raise _custom(fault.code, fault.message) from None

    @model_validator(mode="after")
    def _obey(self) -> Self:
        problems = broken(self.operation, Given(texts=_texts(dict(self._pairs()))))
        if problems:
            raise _custom(_RULES, "; ".join(f"{each.field} {each.message}" for each in problems))
        return self

    def items(self) -> list[tuple[str, str]]:
        """AWS's names and the text of the values, as in a query; only what was set."""
        return [(name, _text(value)) for name, value in self._pairs()]

    def _pairs(self) -> list[tuple[str, Value]]:
        values, aliases = self.__dict__, self._aliases
        given = sorted(self.model_fields_set, key=self._places.__getitem__)
        return [(aliases[name], values[name]) for name in given]


class _SpokenLanguageParams(StreamParams):
    identify_language: bool | None = None
    language_options: str | None = None
    preferred_language: str | None = None
    vocabulary_names: str | None = None
    vocabulary_filter_name: str | None = None
    vocabulary_filter_names: str | None = None
    vocabulary_filter_method: str | None = None
    enable_partial_results_stabilization: bool | None = None
    partial_results_stability: str | None = None
    content_identification_type: str | None = None
    content_redaction_type: str | None = None
    pii_entity_types: str | None = None
    language_model_name: str | None = None


class StandardParams(_SpokenLanguageParams):
    """Parameters of StartStreamTranscriptionWebSocket (24)."""

    operation: ClassVar[Operation] = Operation.STANDARD

    identify_multiple_languages: bool | None = None
    session_resume_window: int | None = None
    show_speaker_label: bool | None = None
    enable_channel_identification: bool | None = None
    number_of_channels: int | None = None
    transcript_format: str | None = None


class MedicalParams(StreamParams):
    """Parameters of StartMedicalStreamTranscriptionWebSocket (11)."""

    operation: ClassVar[Operation] = Operation.MEDICAL

    language_code: str
    specialty: str
    type: str
    show_speaker_label: bool | None = None
    enable_channel_identification: bool | None = None
    number_of_channels: int | None = None
    content_identification_type: str | None = None


class CallAnalyticsParams(_SpokenLanguageParams):
    """Parameters of StartCallAnalyticsStreamTranscriptionWebSocket (18)."""

    operation: ClassVar[Operation] = Operation.CALL_ANALYTICS


MODELS: Final[Mapping[Operation, type[StreamParams]]] = MappingProxyType(
    {model.operation: model for model in (StandardParams, MedicalParams, CallAnalyticsParams)}
)


def parse(
    operation: Operation, parameters: Mapping[str, object] | Iterable[tuple[str, object]]
) -> StreamParams:
    """The parameters of a request, from text or native JSON types, from a mapping or from pairs.

    Raises:
        InvalidParameters: with every fault at once, up to ``MAX_PROBLEMS``. ``Problem.field`` is AWS's name;
            codes: unknown, repeated, reserved, required, type, value, length, pattern, range, conflict,
            requires.
    """
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for name, value in parameters.items() if isinstance(parameters, Mapping) else parameters:
        if len(problems) == MAX_PROBLEMS:
            raise InvalidParameters(problems)
        if name not in PARAMETERS[operation]:
            problems.append(_stranger(operation, name))
        elif name in values:
            problems.append(Problem(field=name, code="repeated", message="is given more than once"))
        else:
            values[name] = value
    return _validated(operation, values, problems)


def parse_signed_query(operation: Operation, pairs: Iterable[tuple[str, str]]) -> StreamParams:
    """The parameters of a signed URL, as the service on its other end reads them.

    As ``parse``, but a name that the operation does not know is passed over (the signature's own parameters
    are such names, and SDKs add ``x-amz-user-agent``), and an empty value counts as absent.

    Raises:
        InvalidParameters: as ``parse``.
    """
    return parse(operation, [(name, text) for name, text in pairs if text and name in PARAMETERS[operation]])


def check_region(params: StreamParams, region: str) -> None:
    """Refuse what cannot be streamed in ``region``.

    Raises:
        InvalidParameters: there is no streaming in ``region``, or a language of ``params`` is not in it.
    """
    if region not in REGIONS:
        message = f"must be a region with streaming, such as us-east-1{nearest(region, REGIONS)}"
        raise InvalidParameters([Problem(field="region", code="value", message=message)])
    problems = absent_languages(params.items(), region=region)
    if problems:
        raise InvalidParameters(problems)


def absent_languages(pairs: Iterable[tuple[str, object]], *, region: str) -> list[Problem]:
    """A problem for each parameter that names languages which AWS streams, but not in ``region``.

    ``pairs`` need not be valid, for this is also said beside other faults. A region or a language that is not
    listed at all is another fault, and none of these.
    """
    problems = []
    for name, value in pairs if region in REGIONS else ():
        codes = split(value) if name in _LANGUAGE_PARAMETERS and isinstance(value, str) else []
        absent = [code for code in codes if code in LANGUAGES and not language_available(region, code)]
        if absent:
            message = f"{', '.join(absent)} cannot be streamed in {region}"
            problems.append(Problem(field=name, code="value", message=message))
    return problems


def _stranger(operation: Operation, name: str) -> Problem:
    if name.casefold().startswith("x-amz-"):
        return Problem(field=shown(name), code="reserved", message="is set by the signature alone")
    owners = [other.value for other in Operation if name in PARAMETERS[other]]
    if owners:
        message = f"is no parameter of {operation.value} streams, only of {' and '.join(owners)}"
    else:
        message = f"is no parameter of {operation.value} streams{nearest(name, PARAMETERS[operation])}"
    return Problem(field=shown(name), code="unknown", message=message)


def _validated(operation: Operation, values: dict[str, object], problems: list[Problem]) -> StreamParams:
    try:
        params = MODELS[operation].model_validate(values)
        if not problems:
            return params
    except ValidationError as error:
        problems += [_problem(operation, each) for each in error.errors(include_url=False) if each["loc"]]
    given = _given(operation, values, {each.field for each in problems})
    raise InvalidParameters([*problems, *broken(operation, given)][:MAX_PROBLEMS])


def _problem(operation: Operation, error: ErrorDetails) -> Problem:
    name = str(error["loc"][0])
    if error["type"] == "missing":
        expected = PARAMETERS[operation][name].kind.expected
        return Problem(field=name, code="required", message=f"is required: {expected}")
    return Problem(field=name, code=error["type"], message=error["msg"])


def _given(operation: Operation, values: Mapping[str, object], at_fault: Collection[str]) -> Given:
    kinds = {name: PARAMETERS[operation][name].kind for name in values}
    sound = {name: kinds[name].read(value) for name, value in values.items() if name not in at_fault}
    faulty = {name: kinds[name].schema["type"] for name in values if name in at_fault}
    return Given(
        texts=_texts(sound) | {name: "" for name, kind in faulty.items() if kind != "boolean"},
        undecided=frozenset(name for name, kind in faulty.items() if kind == "boolean"),
    )


def _texts(values: Mapping[str, Value]) -> dict[str, str]:
    return {name: _text(value) for name, value in values.items() if value is not False}


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _custom(code: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{message}", {"message": message})
