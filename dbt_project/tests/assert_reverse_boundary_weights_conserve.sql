select
    lsoa_2021_code,
    sum(count_weight) as weight_sum
from {{ ref('int_lsoa_2021_to_2011_weights') }}
group by lsoa_2021_code
having not coalesce(abs(sum(count_weight) - 1) <= 1e-9, false)
