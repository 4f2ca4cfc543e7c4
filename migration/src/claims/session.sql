-- In place of the `auth.session()` of the migrations: claims count when a key of the owner's has signed
-- them, for this minute. {pgcrypto} is the schema in which that extension is.
--
-- It runs with its owner's rights, on behalf of who may be hostile. So:
-- * `pg_temp` comes last, or a temporary type called `jsonb` would be the one that is meant here.
-- * The secret is a column, never a variable: what the planner takes for a constant, settings that are
--   everybody's to change (`debug_print_plan`) print, the finished HMAC included.
-- * Digests of both signatures are compared. How long that takes tells about a digest, of which no
--   signature can be made.
-- * `now()` is when the transaction began: its claims last as long as it does, and in one that is kept
--   open for an hour those of the hour's end are as wrong as yesterday's.
CREATE OR REPLACE FUNCTION auth.session() RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    claims text := nullif(current_setting('request.jwt.claims', true), '');
    -- The key's id, when the signature expires (in seconds since 1970), HMAC-SHA-256 as digits.
    signature text[] := string_to_array(current_setting('request.jwt.signature', true), '.');
BEGIN
    IF claims IS NULL THEN
        RETURN 'null';
    END IF;
    PERFORM FROM auth_private.claims_keys
    WHERE id = signature[1]::int
    AND now() BETWEEN to_timestamp(signature[2]::float8 - 120) AND to_timestamp(signature[2]::float8)
    AND sha256({pgcrypto}.hmac(
        convert_to(signature[2] || '.' || claims, 'UTF8'), secret, 'sha256'::text
    )) = sha256(decode(signature[3], 'hex'));
    IF FOUND THEN
        RETURN claims::jsonb;
    END IF;
    -- An error, not `null`: a service with a wrong key or clock should not look like one without todos.
    RAISE invalid_authorization_specification USING
        MESSAGE = 'the claims are not signed, or not by a key and at a time that count here',
        HINT = 'Compare RLS_CLAIMS_KEY with `migration claims status`, and the clocks.';
END $$;
