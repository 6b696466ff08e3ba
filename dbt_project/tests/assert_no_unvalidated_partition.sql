-- Attached to audit_coverage, a leaf, on purpose: a refused file is withheld and named, and the rest is still built.
-- depends_on: {{ ref('audit_coverage') }}
select
    filename,
    refusal_reason
from {{ ref('int_gate_files_judged') }}
where not is_accepted
