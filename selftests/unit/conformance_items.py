"""Every item of the checklist with its judge, as tests/conformance has them: nobody lists them."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping

from chaos.conformance import Judge
from fixtures.catalogue import CONFORMANCE


def judges(*topics: str) -> Mapping[str, Judge]:
    """The judge that each item's test calls, by the item's id.

    Args:
        topics: only those of these files, as `load_balancer`.
    """
    found: dict[str, Judge] = {}
    for file in sorted(CONFORMANCE.glob("test_*.py")):
        if topics and file.stem.removeprefix("test_") not in topics:
            continue
        module = importlib.import_module(f"tests.conformance.{file.stem}")
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for name in _ids(node):
                    assert name not in found, f"two items are called {name}"
                    found[name] = _judge(node, vars(module))
    return found


def _ids(test: ast.FunctionDef) -> Iterator[str]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.item":
            words = {word.arg: word.value for word in decorator.keywords}
            yield ast.literal_eval(words["id"])


def _judge(test: ast.FunctionDef, names: Mapping[str, object]) -> Judge:
    """What stands between the brackets of `item.judge(…)`."""
    for node in ast.walk(test):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "item.judge":
            module, _, function = ast.unparse(node.args[0]).partition(".")
            judge: Judge = getattr(names[module], function)
            return judge
    raise AssertionError(f"{test.name} judges nothing")
