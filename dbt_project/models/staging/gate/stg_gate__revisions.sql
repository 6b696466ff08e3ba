{# Written by the gate, which compares each version of a month of street crime with the next. #}
{% do source('validated', 'police_street') %}
{% set pattern = data_root() ~ '/validated/*/*/*/superseded/*/revision_*.json' %}
{% set columns = {
    'month': 'VARCHAR',
    'force': 'VARCHAR',
    'earlier_data_version': 'VARCHAR',
    'later_data_version': 'VARCHAR',
    'earlier_release': 'VARCHAR',
    'later_release': 'VARCHAR',
    'earlier_count': 'BIGINT',
    'later_count': 'BIGINT',
    'added_count': 'BIGINT',
    'gone_count': 'BIGINT',
    'moved_count': 'BIGINT',
    'recoded_count': 'BIGINT',
    'reclassified_count': 'BIGINT',
    'outcome_changed_count': 'BIGINT'
} %}
{% set read %}
(select * from read_json('{{ pattern }}', hive_partitioning = false, columns = {{ columns }}))
{% endset %}

with revisions as (
    select * from {{ rows_if_any_file(pattern, read, columns) }}
)

select
    "month",
    "force",
    earlier_data_version,
    later_data_version,
    earlier_release,
    later_release,
    earlier_count,
    later_count,
    added_count,
    gone_count,
    moved_count,
    recoded_count,
    reclassified_count,
    outcome_changed_count
from revisions
