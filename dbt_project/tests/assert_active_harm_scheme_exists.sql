select '{{ harm_scheme() }}' as unknown_harm_scheme
where not exists (
    select 1 from {{ ref('int_harm_weights_current') }}
    where harm_scheme = '{{ harm_scheme() }}'
)
