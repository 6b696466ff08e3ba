with stops as (
    select * from {{ ref('stg_police_uk__stop_and_search') }}
),

rules as (
    select * from {{ ref('ethnic_groups') }}
),

wordings as (
    select self_defined_ethnicity as wording from stops
    union
    select officer_defined_ethnicity as wording from stops
),

matched as (
    select
        wordings.wording,
        -- An empty cell of the seed is no group.
        nullif(rules.ethnic_group, '') as ethnic_group,
        rules.is_stated,
        row_number() over (
            partition by wordings.wording
            order by rules.match_type = 'exact' desc, length(rules.wording) desc, rules.wording
        ) as preference
    from wordings
    left join rules
        on
            wordings.wording = rules.wording
            or (rules.match_type = 'prefix' and starts_with(wordings.wording, rules.wording))
)

select
    wording,
    ethnic_group,
    case when wording is null then false else is_stated end as is_stated
from matched
where preference = 1
order by wording
