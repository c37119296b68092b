-- Three letters in a row, where not all are ASCII.
CREATE FUNCTION foyer_letters(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT ARRAY(
        SELECT substr($1, i, 3) FROM generate_series(1, char_length($1) - 2) AS i WHERE octet_length(substr($1, i, 3)) > 3
    )
$$;

-- Parts of words that "User_search_idx" doesn't have: pg_trgm knows letters by the locale, and that of C has only ASCII.
DO $$ BEGIN
    IF cardinality(show_trgm(chr(233))) = 0 THEN
        CREATE INDEX "User_letters_idx" ON "User" USING gin (
            foyer_letters("username" || chr(10) || coalesce("emailKey", '') || chr(10) || coalesce("nameKey", ''))
        ) WHERE octet_length("username" || chr(10) || coalesce("emailKey", '') || chr(10) || coalesce("nameKey", ''))
            > char_length("username" || chr(10) || coalesce("emailKey", '') || chr(10) || coalesce("nameKey", ''));
    END IF;
END $$;
