with stops as (
    select * from {{ ref('fct_stops') }}
),

search_outcomes as (
    select * from {{ ref('search_outcomes') }}
),

areas as (
    select * from {{ ref('dim_lsoa') }}
),

observed as (
    select
        force_slug,
        min(stop_month) as first_month,
        max(stop_month) as last_month
    from stops
    group by force_slug
),

stop_windows as (
    select
        force_slug,
        greatest(first_month, {{ window_start('last_month') }}) as window_start_month,
        last_month as window_end_month
    from observed
),

-- A search of a vehicle alone searches nobody.
person_stops as (
    select
        stops.force_slug,
        stops.ethnic_group,
        stops.officer_ethnic_group,
        stops.is_exact_repeat,
        stops.is_outcome_no_further_action,
        search_outcomes.outcome_group = 'arrest' as is_arrest
    from stops
    inner join stop_windows on stops.force_slug = stop_windows.force_slug
    left join search_outcomes on stops.outcome = search_outcomes.outcome
    where
        stops.stop_month >= stop_windows.window_start_month
        and stops.stop_type is distinct from 'Vehicle search'
),

by_basis as (
    select
        force_slug,
        'self_defined' as ethnicity_basis,
        coalesce(ethnic_group, 'Not stated') as ethnic_group,
        is_exact_repeat,
        is_arrest,
        is_outcome_no_further_action
    from person_stops
    union all
    select
        force_slug,
        'officer_defined' as ethnicity_basis,
        coalesce(officer_ethnic_group, 'Not stated') as ethnic_group,
        is_exact_repeat,
        is_arrest,
        is_outcome_no_further_action
    from person_stops
),

counted as (
    select
        force_slug,
        ethnicity_basis,
        ethnic_group,
        count(*) as stop_count,
        count(*) filter (where not is_exact_repeat) as stop_count_without_repeats,
        count(*) filter (where is_arrest) as arrest_count,
        count(*) filter (where not is_outcome_no_further_action) as further_action_count,
        count(*) filter (where is_outcome_no_further_action) as no_further_action_count
    from by_basis
    group by force_slug, ethnicity_basis, ethnic_group
),

residents as (
    unpivot (
        select
            force_slug,
            sum(asian_count)::bigint as "Asian",
            sum(black_count)::bigint as "Black",
            sum(mixed_count)::bigint as "Mixed",
            sum(white_count)::bigint as "White",
            sum(other_count)::bigint as "Other"
        from areas
        where force_slug is not null
        group by force_slug
    )
    on "Asian", "Black", "Mixed", "White", "Other"
    into name ethnic_group value resident_count
),

ethnicity_groups (ethnic_group) as (
    values ('Asian'), ('Black'), ('Mixed'), ('White'), ('Other'), ('Not stated')
),

ethnicity_bases (ethnicity_basis) as (
    values ('self_defined'), ('officer_defined')
)

select
    stop_windows.force_slug,
    ethnicity_bases.ethnicity_basis,
    ethnicity_groups.ethnic_group,
    coalesce(counted.stop_count, 0) as stop_count,
    coalesce(counted.stop_count_without_repeats, 0) as stop_count_without_repeats,
    coalesce(counted.arrest_count, 0) as arrest_count,
    coalesce(counted.further_action_count, 0) as further_action_count,
    coalesce(counted.no_further_action_count, 0) as no_further_action_count,
    residents.resident_count,
    stop_windows.window_start_month,
    stop_windows.window_end_month
from stop_windows
cross join ethnicity_bases
cross join ethnicity_groups
left join counted
    on
        stop_windows.force_slug = counted.force_slug
        and ethnicity_bases.ethnicity_basis = counted.ethnicity_basis
        and ethnicity_groups.ethnic_group = counted.ethnic_group
left join residents
    on
        stop_windows.force_slug = residents.force_slug
        and ethnicity_groups.ethnic_group = residents.ethnic_group
order by stop_windows.force_slug, ethnicity_bases.ethnicity_basis, ethnicity_groups.ethnic_group
