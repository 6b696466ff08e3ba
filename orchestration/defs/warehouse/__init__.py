"""The dbt project as assets: staging, intermediate and marts in DuckDB, with their tests as checks."""
