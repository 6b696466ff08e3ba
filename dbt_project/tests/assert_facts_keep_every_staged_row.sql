with counted as (
    select
        'fct_crimes' as fact,
        (select count(*) from {{ ref('stg_police_uk__street') }}) as staged_count,
        (select count(*) from {{ ref('fct_crimes') }}) as fact_count
    union all
    select
        'fct_outcomes' as fact,
        (select count(*) from {{ ref('stg_police_uk__outcomes') }}) as staged_count,
        (select count(*) from {{ ref('fct_outcomes') }}) as fact_count
    union all
    select
        'fct_stops' as fact,
        (select count(*) from {{ ref('stg_police_uk__stop_and_search') }}) as staged_count,
        (select count(*) from {{ ref('fct_stops') }}) as fact_count
)

select
    fact,
    staged_count,
    fact_count
from counted
where staged_count <> fact_count
