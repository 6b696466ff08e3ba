-- "Not stated" is missing: counted as a group, it would change that group's rate and hide how much is unknown.
select
    stop_record_id,
    self_defined_ethnicity,
    ethnic_group
from {{ ref('fct_stops') }}
where
    lower(self_defined_ethnicity) like '%not stated%'
    and (ethnic_group is not null or is_ethnicity_stated)
