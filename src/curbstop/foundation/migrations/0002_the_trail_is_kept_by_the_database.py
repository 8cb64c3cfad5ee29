"""The two tables of the trail are written once; one function, on every table that may change, writes the second."""

from django.db import migrations

from curbstop.foundation.database.schema import AppendOnly

AUDIT_ROW = r"""
create function foundation_audit_row() returns trigger
language plpgsql security definer
set search_path = public, pg_temp
as $rule$
declare
  before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  present jsonb := coalesce(after, before);
  secret text[] := string_to_array(tg_argv[1], ',');
  changed jsonb;
  named text;
begin
  if tg_op = 'UPDATE' then
    select jsonb_object_agg(c, case when c = any (secret) then '"secret"'::jsonb
                                    else jsonb_build_array(before -> c, after -> c) end)
      into changed from jsonb_object_keys(after) c where before -> c is distinct from after -> c;
    if changed is null then
      return null;
    end if;
  else
    changed := present - secret;
  end if;
  select string_agg(present ->> k.name, '/' order by k.position) into named
    from unnest(string_to_array(tg_argv[0], ',')) with ordinality as k(name, position);
  -- session_user is the login that connected; current_user is the owner while this function runs.
  insert into foundation_rowchange (table_name, row_id, operation, changes, actor, login, request_id)
  values (tg_table_name, named, tg_op, changed, coalesce(current_setting('curbstop.actor', true), ''),
          session_user, coalesce(current_setting('curbstop.request_id', true), ''));
  return null;
end
$rule$;
revoke execute on function foundation_audit_row() from public;
"""


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial")]

    operations = [
        AppendOnly("foundation_auditevent"),
        AppendOnly("foundation_rowchange"),
        migrations.RunSQL(AUDIT_ROW, "drop function foundation_audit_row() cascade"),
    ]
