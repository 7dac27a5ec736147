"""The database: tables, migrations, queries, transactions, sealed secrets, audit chain."""
