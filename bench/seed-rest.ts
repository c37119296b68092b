/**
 * What belongs to the people of "User", said so that both databases understand: their counts and second steps, with
 * `secret` for bytes that nobody can open.
 */
export const seedRest = (secret: string) => `
  DELETE FROM "Tally";
  INSERT INTO "Tally" ("name", "day", "count") SELECT 'people.' || "status", '', count(*) FROM "User" GROUP BY "status";
  INSERT INTO "Tally" ("name", "day", "count")
    SELECT 'people.confirmed', '', count(*) FROM "User" WHERE "provenEmailKey" IS NOT NULL;
  INSERT INTO "Tally" ("name", "day", "count")
    SELECT 'members.seen', substr(CAST("lastSeenAt" AS TEXT), 1, 10), count(*) FROM "User"
    WHERE "lastSeenAt" > '1970-01-02' GROUP BY substr(CAST("lastSeenAt" AS TEXT), 1, 10);
  WITH "signUps" AS MATERIALIZED (
    SELECT substr(CAST("createdAt" AS TEXT), 1, 10) AS "day", count(*) AS "all", count("provenEmailKey") AS "confirmed"
    FROM "User" GROUP BY substr(CAST("createdAt" AS TEXT), 1, 10))
  INSERT INTO "Tally" ("name", "day", "count")
    SELECT 'sign-ups', "day", "all" FROM "signUps"
    UNION ALL SELECT 'sign-ups.confirmed', "day", "confirmed" FROM "signUps" WHERE "confirmed" > 0;
  INSERT INTO "Authenticator" ("userId", "secret", "lastStep", "createdAt")
    SELECT "id", ${secret}, 0, "createdAt" FROM "User" WHERE "twoFactor" = true ORDER BY "id";
`
