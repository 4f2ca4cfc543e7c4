#!/bin/sh
# secrets.sh SMTP_URL: makes the secrets of compose.yaml, each by chance, in the folder `secrets` beside it.
# The mail server is yours: smtps://NAME:PASSWORD@HOST
set -eu

smtp_url=${1:?give the mail server: smtps://NAME:PASSWORD@HOST}
umask 022
cd "$(dirname "$0")"
# Others of this machine do not get past the folder; in the containers each is read by a user of its own.
mkdir -m 700 secrets || { echo "there are secrets already: a database knows them" >&2; exit 1; }
cd secrets

chance() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

owner=$(chance)
printf '%s' "$owner" > database_owner_password
printf 'postgres://todos_owner:%s@database/todos' "$owner" > database_url
printf 'postgres://todos_app:%s@database/todos' "$(chance)" > database_authenticated_url
chance > core_database_password
chance > core_api_key
printf '%s' "$smtp_url" > smtp_url
