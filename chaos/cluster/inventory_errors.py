"""What is wrong with an inventory, one sentence each, with file, line and column."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chaos.cluster.inventory_yaml import Document, Place
from chaos.errors import UsageError


class InventoryError(UsageError):
    """The inventory cannot be used.

    Args:
        problems: one sentence each; with file, line and column where there is one.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean "…"?`, or what there is."""
    names = list(known)
    if near := get_close_matches(word, names, 1):
        return f'; did you mean "{near[0]}"?'
    return f"; there is {', '.join(names)}" if names else ""


def sentence(document: Document, place: Place, text: str) -> str:
    """A sentence with its place in front."""
    return f"{document.at(place)}: {text}"


def sentences(document: Document, model: type[BaseModel], wrong: ValidationError) -> list[str]:
    """What pydantic found, in the order of the file."""
    found = []
    for error in wrong.errors(include_url=False):
        if error["type"] == "too_short" and error["input"]:
            continue  # it is too short without the entries that are wrong, which are told
        place = tuple(p for p in error["loc"] if p != "[key]")
        found.append((document.position(place), sentence(document, place, _told(model, error))))
    return [text for _, text in sorted(found)]


def _told(model: type[BaseModel], error: ErrorDetails) -> str:
    *above, last = error["loc"] or ("",)
    inside = f" in {_path(above)}" if above else ""
    field, value, context = _path(error["loc"]), error["input"], error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            known = _model_at(model, above).model_fields
            return f'unknown field "{last}"{inside}{nearest(str(last), known)}'
        case "missing":
            return f'the field "{last}" is missing{inside}'
        case "string_type" if isinstance(value, dict | list) or value is None:
            return f"{field} must be text, not {_kind(value)}"
        case "string_type":
            return f"{field} must be text: write it in quotes"
        case "int_type" | "int_parsing" | "int_from_float":
            return f"{field} must be a whole number, not {_shown(value)}"
        case "enum" | "literal_error":
            expected = str(context["expected"]).replace(" or ", ", ").replace("'", "")
            return f"{field} cannot be {_shown(value)}{nearest(str(value), expected.split(', '))}"
        case "value_error":
            return f"{field}: {context['error']}"
        case "tuple_type" | "list_type":
            return f"{field} must be a list, not {_kind(value)}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{field} must consist of fields, not be {_kind(value)}"
        case "too_short" | "string_too_short":
            return f"{field} must not be empty"
        case kind if kind.startswith("date"):
            return f"{field} must be a day as 2027-01-31, not {_shown(value)}"
        case _:
            return f"{field}: {error['msg'][:1].lower()}{error['msg'][1:]}"


def _path(place: Place) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str | int | float) else _kind(value)


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "fields"
    return "a list" if isinstance(value, list) else f'"{value}"'


def _model_at(model: type[BaseModel], place: Place) -> type[BaseModel]:
    """The model of the fields at this place."""
    for part in place:
        field = model.model_fields.get(str(part))
        model = (field and _inner(field.annotation)) or model
    return model


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The model somewhere inside `tuple[Model, ...]`, `dict[str, Model]`, `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_inner(a) for a in getattr(annotation, "__args__", ()))
    return next((m for m in inner if m), None)
