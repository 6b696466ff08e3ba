{#
    A build of some models alone would read the list of accepted files that an earlier build left, and with it files
    whose verdict no longer binds. So whatever is built, the gate's own models are built with it. A caller that has
    just built them over the same data says so with CRIMEHARM_GATE_JUDGED.
#}
{% macro refuse_build_without_gate() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'retry') and env_var('CRIMEHARM_GATE_JUDGED', '') != 'true' -%}
        {%- set gate = ['stg_gate__required_versions', 'int_gate_files_judged', 'int_gate_accepted_files'] -%}
        {%- set others = [] -%}
        {%- for resource in selected_resources if resource.startswith('model.') -%}
            {%- set name = resource.split('.')[-1] -%}
            {%- if name in gate -%}
                {%- do gate.remove(name) -%}
            {%- elif not name.startswith('stg_gate__') -%}
                {%- do others.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if others and gate -%}
            {{ exceptions.raise_compiler_error(
                'this build leaves out ' ~ gate | join(', ') ~ ': it would trust files that an earlier build '
                ~ 'accepted. Remedy: build what lies upstream too, such as dbt build --select +' ~ others[0]
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
