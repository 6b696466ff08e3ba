"""Versions of suites: a verdict holds only for the rules that gave it."""

from __future__ import annotations

import ast
import hashlib
import inspect
from functools import cache
from types import ModuleType

from data_quality.schemas import schema_of
from data_quality.suites import derived, file_rules, located, module_of, rules, vocabularies

_SHARED: tuple[ModuleType, ...] = (derived, file_rules, located, rules, vocabularies)


@cache
def suite_version(dataset: str) -> str:
    """Return the SHA-256 of everything that decides a verdict on a dataset: rules, word lists and schema.

    Comments and layout do not count, so that tidying up does not send every partition through its gate again.

    Parameters
    ----------
    dataset
        Name of the dataset.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    ValueError
        When there is no such dataset.
    """
    schema = schema_of(dataset).to_string()
    digest = hashlib.sha256(f"{dataset}\n{schema}\n".encode())
    for module in (*_SHARED, module_of(dataset)):
        digest.update(_rules_of(module))
    return digest.hexdigest()


def _rules_of(module: ModuleType) -> bytes:
    return ast.unparse(ast.parse(inspect.getsource(module))).encode()


@cache
def table_suite_version() -> str:
    """Return the SHA-256 of everything that decides a verdict behind the raw boundary, 64 hex digits.

    One version serves all tables there: to judge them again costs seconds, and no file is read anew.
    """
    import pkgutil
    from importlib import import_module

    from data_quality.suites import boundaries

    digest = hashlib.sha256()
    names = sorted(found.name for found in pkgutil.iter_modules(boundaries.__path__))
    held = [import_module(f"{boundaries.__name__}.{name}") for name in names]
    for module in (rules, vocabularies, *held):
        digest.update(_rules_of(module))
    return digest.hexdigest()
