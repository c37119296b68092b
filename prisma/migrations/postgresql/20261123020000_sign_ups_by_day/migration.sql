-- How many signed up on a day, and how many of those confirmed their address, whenever they did.
INSERT INTO "Tally" ("name", "day", "count")
    SELECT 'sign-ups', to_char("createdAt", 'YYYY-MM-DD'), count(*) FROM "User" GROUP BY 2;
INSERT INTO "Tally" ("name", "day", "count")
    SELECT 'sign-ups.confirmed', to_char("createdAt", 'YYYY-MM-DD'), count(*) FROM "User" WHERE "provenEmailKey" IS NOT NULL GROUP BY 2;

CREATE OR REPLACE FUNCTION foyer_user_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- The row as it was and is; not there at all has no status.
    was "User" := CASE WHEN TG_OP <> 'INSERT' THEN OLD END;
    is_now "User" := CASE WHEN TG_OP <> 'DELETE' THEN NEW END;
    confirmed integer := (is_now."provenEmailKey" IS NOT NULL)::integer - (was."provenEmailKey" IS NOT NULL)::integer;
BEGIN
    IF was."status" IS DISTINCT FROM is_now."status" THEN
        IF was."status" IS NOT NULL THEN PERFORM foyer_count('people.' || was."status", '', -1); END IF;
        IF is_now."status" IS NOT NULL THEN PERFORM foyer_count('people.' || is_now."status", '', 1); END IF;
    END IF;
    IF TG_OP = 'INSERT' THEN PERFORM foyer_count('sign-ups', to_char(is_now."createdAt", 'YYYY-MM-DD'), 1); END IF;
    IF confirmed <> 0 THEN
        PERFORM foyer_count('people.confirmed', '', confirmed);
        -- Who is gone has signed up and confirmed all the same.
        IF TG_OP <> 'DELETE' THEN PERFORM foyer_count('sign-ups.confirmed', to_char(is_now."createdAt", 'YYYY-MM-DD'), confirmed); END IF;
    END IF;
    IF is_now."lastSeenAt"::date > coalesce(was."lastSeenAt", '1970-01-01')::date THEN
        PERFORM foyer_count('members.seen', to_char(is_now."lastSeenAt", 'YYYY-MM-DD'), 1);
    END IF;
    RETURN NULL;
END $$;
