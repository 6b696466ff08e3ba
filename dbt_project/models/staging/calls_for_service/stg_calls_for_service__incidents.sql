with published as (
    select *
    from {{ validated_if_supplied(
        'calls_for_service',
        {
            'agency': 'varchar', 'incident_id': 'varchar', 'call_number': 'varchar', 'called_at': 'timestamp',
            'called_at_local': 'timestamp', 'called_at_method': 'varchar', 'last_changed_at': 'timestamp',
            'priority': 'integer', 'call_type_code': 'varchar', 'call_type': 'varchar',
            'disposition_code': 'varchar', 'disposition': 'varchar', 'address': 'varchar',
            'block_low': 'integer', 'street': 'varchar', 'cross_street': 'varchar', 'city': 'varchar',
            'state': 'varchar', 'longitude': 'double', 'latitude': 'double', 'geocode_method': 'varchar',
            'source_file': 'varchar', 'source_row': 'bigint', 'data_version': 'varchar'
        }
    ) }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by incident_id
            order by last_changed_at desc nulls last, source_file desc, source_row desc
        ) as recency
    from published
)

select
    concat_ws('|', agency, source_file, source_row) as incident_record_id,
    agency,
    incident_id,
    call_number,
    called_at,
    called_at_local,
    called_at_method,
    last_changed_at,
    recency = 1 as is_latest_record,
    priority,
    priority <= 2 as is_dangerous,
    call_type_code,
    call_type,
    disposition_code,
    disposition,
    address,
    block_low,
    street,
    cross_street,
    city,
    state,
    longitude,
    latitude,
    geocode_method,
    source_file,
    source_row::bigint as source_row,
    data_version
from ranked
