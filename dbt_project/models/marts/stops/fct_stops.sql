with stops as (
    select * from {{ ref('stg_police_uk__stop_and_search') }}
),

locations as (
    select * from {{ ref('int_locations_resolved') }}
    where supplied_lsoa_code is null
),

ethnicities as (
    select * from {{ ref('int_ethnicity_wordings') }}
),

search_outcomes as (
    select * from {{ ref('search_outcomes') }}
)

select
    stops.stop_record_id,
    stops.stop_month,
    stops.force_slug,
    stops.searched_at,
    stops.stop_type,
    stops.gender,
    stops.age_range,
    stops.self_defined_ethnicity,
    stops.officer_defined_ethnicity,
    self_defined.ethnic_group,
    officer_defined.ethnic_group as officer_ethnic_group,
    self_defined.is_stated as is_ethnicity_stated,
    stops.legislation,
    stops.object_of_search,
    stops.outcome,
    search_outcomes.outcome_group,
    search_outcomes.outcome_group = 'no_further_action' as is_outcome_no_further_action,
    stops.is_outcome_linked_to_object,
    -- The older wording says that nothing was found and leaves the link blank; the newer one does neither.
    case
        when stops.outcome = 'Nothing found - no further action' then false
        else stops.is_outcome_linked_to_object
    end as is_object_found,
    locations.lsoa_code,
    locations.location_method,
    stops.is_exact_repeat,
    stops.longitude,
    stops.latitude,
    stops.source_file,
    stops.source_row,
    stops.data_version
from stops
left join locations
    on
        stops.longitude is not distinct from locations.longitude
        and stops.latitude is not distinct from locations.latitude
left join ethnicities as self_defined
    on stops.self_defined_ethnicity is not distinct from self_defined.wording
left join ethnicities as officer_defined
    on stops.officer_defined_ethnicity is not distinct from officer_defined.wording
left join search_outcomes on stops.outcome = search_outcomes.outcome
order by stops.force_slug, stops.stop_month, stops.source_row
