"""Which columns of which tables a compiled DuckDB query makes each of its own columns of.

A value that is looked up in a joined table is made of that value and of what it is looked up by. What merely
decides which rows there are, a filter or an inner join, appears in no origin. A count of rows is made of what
the rows are grouped by, or else of the first column of what is counted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from orchestration.lineage.model import ColumnRef, LineageError, Origin

_DIALECT = "duckdb"
_VALIDATED = re.compile(r"/validated/([a-z0-9_]+)/\*\*/\*\.parquet$")
_READERS = ("read_parquet", "read_json", "read_blob")


def column_origins(
    model: str, sql: str, schemas: Mapping[str, Sequence[str]], files: Mapping[str, Sequence[str]]
) -> dict[str, Origin]:
    """Return the origin of each column of a query.

    Parameters
    ----------
    model
        Name of the model, for messages.
    sql
        Its compiled SQL.
    schemas
        Columns of every table that it may read, by table name.
    files
        Columns of the datasets whose Parquet it may read, by dataset; of other files the query names them.

    Returns
    -------
    dict
        Origin by column, in the query's order. Inputs in files other than datasets turn into notes.

    Raises
    ------
    LineageError
        When the query cannot be understood.
    """
    known = {name: list(columns) for name, columns in schemas.items()}
    try:
        tree = parse_one(sql, dialect=_DIALECT)
        read = _name_files(tree, known, files)
        _spell_out_unpivots(tree)
        schema: dict[str, object] = {t: dict.fromkeys(columns, "unknown") for t, columns in known.items()}
        tree = qualify(
            _without_catalogue(tree),
            schema=schema,
            dialect=_DIALECT,
            validate_qualify_columns=False,
            quote_identifiers=False,
        )
        root = build_scope(tree)
        if root is None:
            raise LineageError(f"{model} is no query")
        return _Resolver(model, root, known, read).origins()
    except SqlglotError as error:
        raise LineageError(
            f"the SQL of {model} cannot be followed ({error}): write it in simpler terms"
        ) from error


def _name_files(
    tree: exp.Expr, known: dict[str, list[str]], files: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Put a plain table in the place of each read of files; return what each stands for, datasets apart."""
    read: dict[str, str] = {}
    for table in list(tree.find_all(exp.Table)):
        call = table.this
        name = call.sql_name().lower() if isinstance(call, exp.Func) else ""
        if isinstance(call, exp.Anonymous):
            name = call.name.lower()
        if name not in _READERS:
            continue
        path = call.expressions[0].name
        found = _VALIDATED.search(path)
        if found:
            alias = f"validated_{found[1]}"
            known[alias] = [*files[found[1]], "filename"]
        else:
            alias = f"files_{len(read)}"
            read[alias] = path.split("/")[-1] if "/quarantine/" not in path else "the quarantine"
            known[alias] = _declared_columns(call)
            if "/quarantine/" in path:
                known[alias] = [*files["quarantine"], "filename"]
        table.replace(exp.to_table(alias))
    return read


def _declared_columns(call: exp.Expr) -> list[str]:
    """Return the columns that a read of files declares, or those of a read of whole files."""
    struct = call.find(exp.Struct)
    if struct is None:
        return ["filename", "content"]
    return [field.this.name for field in struct.expressions] + ["filename"]


def _without_catalogue(tree: exp.Expr) -> exp.Expr:
    """Take database and schema off each table: the project has one of each."""
    for table in tree.find_all(exp.Table):
        table.set("db", None)
        table.set("catalog", None)
    return tree


def _spell_out_unpivots(tree: exp.Expr) -> None:
    """Write each ``unpivot`` as the union of queries that it stands for."""
    for pivot in list(tree.find_all(exp.Pivot)):
        into = pivot.args.get("into")
        if not pivot.args.get("unpivot") or into is None:
            continue
        inner = pivot.this
        turned = [column.name for column in pivot.expressions]
        kept = [name for name in inner.this.named_selects if name not in turned]
        name, value = into.this.name, into.expressions[0].name
        parts = [
            exp.select(
                *(exp.column(column) for column in kept),
                exp.alias_(exp.Literal.string(column), name),
                exp.alias_(exp.column(column, quoted=True), value),
            ).from_(exp.alias_(inner.copy(), "unpivoted"))
            for column in turned
        ]
        pivot.replace(exp.union(*parts, distinct=False))


def _names(scope: Scope) -> list[str]:
    """Return the columns of a scope's query, in order."""
    query = scope.expression
    return list(query.named_selects) if isinstance(query, exp.Query) else []


class _Resolver:
    """Follows columns through the scopes of one query."""

    def __init__(
        self, model: str, root: Scope, known: Mapping[str, list[str]], read: Mapping[str, str]
    ) -> None:
        self._model = model
        self._root = root
        self._known = known
        self._read = read
        self._scopes = {id(scope.expression): scope for scope in root.traverse()}
        self._found: dict[tuple[int, str], frozenset[ColumnRef]] = {}

    def origins(self) -> dict[str, Origin]:
        """Return the origin of each column of the whole query."""
        return {name: self._origin(name) for name in _names(self._root)}

    def _origin(self, name: str) -> Origin:
        found = self._resolve(self._root, name)
        inputs = tuple(sorted(ref for ref in found if ref.asset not in self._read))
        read = sorted(
            {f"{ref.column} of {self._read[ref.asset]}" for ref in found if ref.asset in self._read}
        )
        if read:
            return Origin(inputs, f"{', '.join(read)}, written beside the data")
        if not inputs:
            return Origin((), "a constant of the model, or a setting of the run")
        return Origin(inputs)

    def _resolve(self, scope: Scope, name: str) -> frozenset[ColumnRef]:
        key = (id(scope), name)
        if key not in self._found:
            # A query that reads itself adds nothing by doing so.
            self._found[key] = frozenset()
            self._found[key] = self._look_up(scope, name)
        return self._found[key]

    def _look_up(self, scope: Scope, name: str) -> frozenset[ColumnRef]:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            place = _names(scope).index(name)
            parts = (self._resolve(part, _names(part)[place]) for part in scope.set_operation_scopes)
            return frozenset().union(*parts)
        if not isinstance(query, exp.Select):
            return frozenset()
        chosen = [part for part in query.selects if part.alias_or_name == name]
        if not chosen:
            raise LineageError(f"{self._model}: a query has no column {name!r} that another reads")
        found: set[ColumnRef] = set()
        for column in chosen[0].find_all(exp.Column):
            found |= self._read_column(column)
        for count in chosen[0].find_all(exp.Count):
            if isinstance(count.this, exp.Star):
                found |= self._counted(scope, query)
        return frozenset(found)

    def _read_column(self, column: exp.Column) -> frozenset[ColumnRef]:
        owner = self._scopes.get(id(column.find_ancestor(exp.Select)))
        # A subquery may read the tables of the query around it.
        while owner and column.table not in owner.sources:
            owner = owner.parent
        source = owner.sources.get(column.table) if owner else None
        if owner is None or source is None:
            raise LineageError(f"{self._model}: it cannot be told which table {column.sql()!r} is of")
        return self._of_source(source, column.name) | self._looked_up_by(owner, column.table)

    def _looked_up_by(self, owner: Scope, table: str) -> frozenset[ColumnRef]:
        """Return what the rows of a joined table are chosen by; nothing for the first table of a query."""
        conditions = (
            join.args["on"]
            for join in owner.expression.args.get("joins") or ()
            if join.alias_or_name == table and join.args.get("on")
        )
        others = (c for on in conditions for c in on.find_all(exp.Column) if c.table != table)
        return frozenset().union(*(self._read_column(column) for column in others))

    def _of_source(self, source: Scope | exp.Expr, name: str) -> frozenset[ColumnRef]:
        if isinstance(source, Scope):
            return self._resolve(source, name)
        if isinstance(source, exp.Table):
            return frozenset({ColumnRef(source.name, name)})
        return frozenset()

    def _counted(self, scope: Scope, query: exp.Select) -> frozenset[ColumnRef]:
        """Return what a count of rows is made of."""
        group = query.args.get("group")
        columns = list(group.find_all(exp.Column)) if group else []
        if columns:
            return frozenset().union(*(self._read_column(column) for column in columns))
        source = next(iter(scope.sources.values()))
        if isinstance(source, Scope):
            return self._resolve(source, _names(source)[0])
        return self._of_source(source, self._known[source.name][0])
