"""Triggers that keep the audit append-only, whoever asks: see accounts/models/audit.py.

A later migration of accounts_auditevent has to run `guard` again: on SQLite a table that is altered is made anew,
without its triggers; and both name or compare the columns.
"""

from django.db import migrations

TIMESTAMP = {"postgresql": "timestamp with time zone", "sqlite": "datetime"}

POSTGRESQL = """
CREATE OR REPLACE FUNCTION accounts_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.gathered IS NOT NULL AND NEW.count > OLD.count
            AND to_jsonb(NEW) - 'count' = to_jsonb(OLD) - 'count' THEN
            RETURN NEW;
        END IF;
    ELSIF EXISTS (SELECT FROM accounts_audit_pruning WHERE before > OLD.created_at) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The audit is append-only.' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER accounts_audit_guard BEFORE UPDATE OR DELETE ON accounts_auditevent
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_guard();
"""

SQLITE_UPDATE = """
CREATE TRIGGER accounts_audit_guard_update BEFORE UPDATE ON accounts_auditevent
WHEN NOT (OLD.gathered IS NOT NULL AND NEW.count > OLD.count AND {same})
BEGIN SELECT RAISE(ABORT, 'The audit is append-only.'); END
"""
SQLITE_DELETE = """
CREATE TRIGGER accounts_audit_guard_delete BEFORE DELETE ON accounts_auditevent
WHEN NOT EXISTS (SELECT 1 FROM accounts_audit_pruning WHERE before > OLD.created_at)
BEGIN SELECT RAISE(ABORT, 'The audit is append-only.'); END
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)
        return
    columns = [field.column for field in apps.get_model("accounts", "AuditEvent")._meta.concrete_fields]
    same = " AND ".join(f'NEW."{column}" IS OLD."{column}"' for column in columns if column != "count")
    schema_editor.execute(SQLITE_UPDATE.format(same=same), params=None)
    schema_editor.execute(SQLITE_DELETE, params=None)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER IF EXISTS accounts_audit_guard ON accounts_auditevent")
        schema_editor.execute("DROP FUNCTION IF EXISTS accounts_audit_guard()")
        return
    schema_editor.execute("DROP TRIGGER IF EXISTS accounts_audit_guard_update")
    schema_editor.execute("DROP TRIGGER IF EXISTS accounts_audit_guard_delete")


def make_pruning(apps, schema_editor):
    kind = TIMESTAMP[schema_editor.connection.vendor]
    schema_editor.execute(f"CREATE TABLE accounts_audit_pruning (before {kind} NOT NULL)")


def drop_pruning(apps, schema_editor):
    schema_editor.execute("DROP TABLE accounts_audit_pruning")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_audit_reading"),
    ]

    operations = [
        migrations.RunPython(make_pruning, drop_pruning),
        migrations.RunPython(guard, unguard),
    ]
