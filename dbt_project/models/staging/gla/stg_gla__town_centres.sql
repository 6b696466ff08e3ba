with published as (
    select *
    from {{ validated_if_supplied(
        'gla_town_centres',
        {'town_centre_name': 'varchar', 'classification': 'varchar', 'geometry_wkb': 'blob'}
    ) }}
)

select
    town_centre_name,
    classification,
    st_geomfromwkb(geometry_wkb) as boundary
from published
