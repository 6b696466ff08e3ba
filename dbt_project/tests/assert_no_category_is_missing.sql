select
    force_slug,
    crime_month,
    crime_type,
    expected_count
from {{ ref('audit_category_gaps') }}
