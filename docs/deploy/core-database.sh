#!/bin/bash
# Run once by the image of PostgreSQL, when its volume is empty: a database of the Core's own.
set -euo pipefail

psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
    --set password="$(cat /run/secrets/core_database_password)" <<'SQL'
CREATE ROLE supertokens LOGIN PASSWORD :'password';
CREATE DATABASE supertokens OWNER supertokens;
SQL
