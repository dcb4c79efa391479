"""YAML that knows where each of its fields stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode

Place = Sequence[str | int]


class _Constructor(RoundTripConstructor):
    """Leaves a day that no calendar has as it is written: whoever expects a day says where."""

    def construct_yaml_timestamp(self, node: ScalarNode, values: Any = None) -> Any:
        try:
            return super().construct_yaml_timestamp(node, values)
        except ValueError:
            return str(node.value)


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.construct_yaml_timestamp)


class NotYaml(ValueError):
    """A file that cannot be read as YAML; says where and why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping in a file: its plain content, and where each part of it stands."""

    name: str
    plain: dict[str, Any]
    tree: CommentedMap

    def at(self, place: Place = ()) -> str:
        """`FILE:LINE:COLUMN` of a field, or of what comes nearest above it."""
        line, column = self.position(place)
        return f"{self.name}:{line}:{column}"

    def position(self, place: Place) -> tuple[int, int]:
        """Line and column, counted from one."""
        found = (0, 0)
        here: Any = self.tree
        for part in place:
            if isinstance(here, CommentedMap):
                key = next((k for k in here if str(k) == str(part)), None)
                if key is None or key not in (here.lc.data or {}):
                    break  # not there; or merged from elsewhere
                found, here = here.lc.key(key), here[key]
            elif isinstance(here, CommentedSeq) and isinstance(part, int) and part < len(here):
                found, here = here.lc.item(part), here[part]
            else:
                break
        return found[0] + 1, found[1] + 1


def read_yaml(file: Path) -> Document:
    """Read a file whose top is a mapping.

    Raises:
        NotYaml: it is not.
        OSError: it cannot be read.
    """
    name = str(file)
    try:
        reader = YAML(typ="rt")
        reader.Constructor = _Constructor
        tree = reader.load(file.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        raise NotYaml(f"{name}{_mark(error)}: {_why(error)}") from None
    except UnicodeDecodeError:
        raise NotYaml(f"{name}: it is not text in UTF-8") from None
    except RecursionError:
        raise NotYaml(f"{name}: it is nested too deeply") from None
    except (YAMLError, ValueError) as error:
        raise NotYaml(f"{name}: {str(error).splitlines()[0]}") from None
    if not isinstance(tree, CommentedMap):
        raise NotYaml(f"{name}:1:1: it must consist of fields, as `version: 1`")
    return Document(name, _plain(tree), tree)


def _mark(error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f":{mark.line + 1}:{mark.column + 1}" if mark else ""


def _why(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context or "it is no YAML").splitlines()[0]
    if problem.startswith("found duplicate key"):
        return f"the field {problem.split()[3]} is there twice"
    return f"it is no YAML: {problem}"


def _plain(value: Any) -> Any:
    """Without the types that keep comments and places."""
    if isinstance(value, CommentedMap):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, CommentedSeq):
        return [_plain(v) for v in value]
    if isinstance(value, TaggedScalar):
        return str(value.value)
    for kind in (str, int, float):
        if isinstance(value, kind) and not isinstance(value, bool):
            return kind(value)
    return value
