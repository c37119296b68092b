-- How many signed up on a day, and how many of those confirmed their address, whenever they did.
INSERT INTO "Tally" ("name", "day", "count")
    SELECT 'sign-ups', substr("createdAt", 1, 10), count(*) FROM "User" GROUP BY 2;
INSERT INTO "Tally" ("name", "day", "count")
    SELECT 'sign-ups.confirmed', substr("createdAt", 1, 10), count(*) FROM "User" WHERE "provenEmailKey" IS NOT NULL GROUP BY 2;

DROP TRIGGER "User_counted";
CREATE TRIGGER "User_counted" AFTER INSERT ON "User" BEGIN
    INSERT INTO "TallyChange" ("id", "name", "day", "count")
        SELECT hex(randomblob(16)), 'people.' || NEW."status", '', 1
        UNION ALL SELECT hex(randomblob(16)), 'sign-ups', substr(NEW."createdAt", 1, 10), 1
        UNION ALL SELECT hex(randomblob(16)), 'people.confirmed', '', 1 WHERE NEW."provenEmailKey" IS NOT NULL
        UNION ALL SELECT hex(randomblob(16)), 'sign-ups.confirmed', substr(NEW."createdAt", 1, 10), 1 WHERE NEW."provenEmailKey" IS NOT NULL
        UNION ALL SELECT hex(randomblob(16)), 'members.seen', substr(NEW."lastSeenAt", 1, 10), 1 WHERE NEW."lastSeenAt" > '1970-01-02';
END;
DROP TRIGGER "User_counted_confirmed";
CREATE TRIGGER "User_counted_confirmed" AFTER UPDATE OF "provenEmailKey" ON "User"
WHEN (OLD."provenEmailKey" IS NULL) <> (NEW."provenEmailKey" IS NULL) BEGIN
    INSERT INTO "TallyChange" ("id", "name", "day", "count")
        SELECT hex(randomblob(16)), "name", "day", iif(NEW."provenEmailKey" IS NULL, -1, 1) FROM (
            SELECT 'people.confirmed' AS "name", '' AS "day" UNION ALL SELECT 'sign-ups.confirmed', substr(NEW."createdAt", 1, 10)
        );
END;
