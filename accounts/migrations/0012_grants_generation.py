"""Triggers that mark every change of what roles grant, whoever makes it: see accounts/grants.py.

A later migration of one of these tables has to run `watch` again: on SQLite a table that is altered is made anew,
without its triggers.
"""

from uuid import uuid4

from django.db import migrations, models

TABLES = ("accounts_role", "accounts_permission", "accounts_role_permissions")

# Before a row is locked by the change, so that two statements cannot wait for each other; but after a TRUNCATE, which
# may empty the table of the generation too.
POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION accounts_grants_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_grantsgeneration (id, value) VALUES (1, gen_random_uuid()::text)
    ON CONFLICT (id) DO UPDATE SET value = excluded.value;
    RETURN NULL;
END
$$
"""
POSTGRESQL = """
CREATE OR REPLACE TRIGGER accounts_grants_changed BEFORE INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_changed();
CREATE OR REPLACE TRIGGER accounts_grants_emptied AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_grants_changed();
"""

# Deleted and inserted: what INSERT OR REPLACE does here is decided by the statement that fires the trigger, and one
# that says OR IGNORE would have it ignored.
SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_changes_grants_by_{event} AFTER {event} ON {table}
BEGIN
    DELETE FROM accounts_grantsgeneration;
    INSERT INTO accounts_grantsgeneration (id, value) VALUES (1, hex(randomblob(16)));
END
"""
SQLITE_EVENTS = ("insert", "update", "delete")


def watch(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_FUNCTION, params=None)
        for table in TABLES:
            schema_editor.execute(POSTGRESQL.format(table=table), params=None)
        return
    for table in TABLES:
        for event in SQLITE_EVENTS:
            schema_editor.execute(SQLITE.format(table=table, event=event), params=None)


def unwatch(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS accounts_grants_changed() CASCADE")
        return
    for table in TABLES:
        for event in SQLITE_EVENTS:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_changes_grants_by_{event}")


def begin(apps, schema_editor):
    generations = apps.get_model("accounts", "GrantsGeneration").objects
    generations.using(schema_editor.connection.alias).create(value=uuid4().hex)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_role_names_and_open_sessions"),
    ]

    operations = [
        migrations.CreateModel(
            name="GrantsGeneration",
            fields=[
                ("id", models.SmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("value", models.CharField(max_length=36)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_grants_generation")],
            },
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
        migrations.RunPython(watch, unwatch),
    ]
