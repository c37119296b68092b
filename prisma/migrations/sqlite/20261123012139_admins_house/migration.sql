-- AlterTable
ALTER TABLE "AuditEvent" ADD COLUMN "digest" BLOB;
ALTER TABLE "AuditEvent" ADD COLUMN "link" BLOB;
ALTER TABLE "AuditEvent" ADD COLUMN "salt" BLOB;
ALTER TABLE "AuditEvent" ADD COLUMN "seq" BIGINT;

-- CreateTable
CREATE TABLE "SignUpRequest" (
    "userId" TEXT NOT NULL PRIMARY KEY,
    "askedAt" DATETIME NOT NULL,
    "ip" TEXT NOT NULL,
    "network" TEXT NOT NULL,
    CONSTRAINT "SignUpRequest_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Invitation" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "address" TEXT,
    "addressKey" TEXT,
    "role" TEXT NOT NULL,
    "usesLeft" INTEGER NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" DATETIME NOT NULL,
    "cancelledAt" DATETIME
);

-- CreateTable
CREATE TABLE "AuditHead" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "seq" BIGINT NOT NULL,
    "link" BLOB NOT NULL
);

-- CreateTable
CREATE TABLE "Tally" (
    "name" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "count" BIGINT NOT NULL,

    PRIMARY KEY ("name", "day")
);

-- CreateTable
CREATE TABLE "TallyChange" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "count" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "Setting" (
    "name" TEXT NOT NULL PRIMARY KEY,
    "value" JSONB NOT NULL,
    "updatedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Terms" (
    "version" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "text" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Job" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "action" TEXT NOT NULL,
    "filter" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "actorId" TEXT NOT NULL,
    "source" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'running',
    "total" INTEGER,
    "done" INTEGER NOT NULL DEFAULT 0,
    "refused" INTEGER NOT NULL DEFAULT 0,
    "cursor" TEXT,
    "dueAt" DATETIME NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" DATETIME
);

-- CreateTable
CREATE TABLE "JobResult" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "jobId" TEXT NOT NULL,
    "userId" TEXT,
    "problem" TEXT,
    CONSTRAINT "JobResult_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "JobResult_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- RedefineTables
PRAGMA defer_foreign_keys=ON;
PRAGMA foreign_keys=OFF;
CREATE TABLE "new_Token" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "tokenHash" BLOB NOT NULL,
    "codeHash" BLOB,
    "purpose" TEXT NOT NULL,
    "userId" TEXT,
    "address" TEXT,
    "invitationId" TEXT,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" DATETIME NOT NULL,
    "usedAt" DATETIME,
    CONSTRAINT "Token_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "Token_invitationId_fkey" FOREIGN KEY ("invitationId") REFERENCES "Invitation" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
INSERT INTO "new_Token" ("address", "codeHash", "createdAt", "expiresAt", "id", "purpose", "tokenHash", "usedAt", "userId") SELECT "address", "codeHash", "createdAt", "expiresAt", "id", "purpose", "tokenHash", "usedAt", "userId" FROM "Token";
DROP TABLE "Token";
ALTER TABLE "new_Token" RENAME TO "Token";
CREATE UNIQUE INDEX "Token_tokenHash_key" ON "Token"("tokenHash");
CREATE INDEX "Token_userId_purpose_idx" ON "Token"("userId", "purpose");
CREATE INDEX "Token_invitationId_idx" ON "Token"("invitationId");
CREATE INDEX "Token_expiresAt_idx" ON "Token"("expiresAt");
CREATE TABLE "new_User" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "username" TEXT NOT NULL,
    "usernameSkeleton" TEXT NOT NULL,
    "name" TEXT,
    "nameKey" TEXT,
    "email" TEXT,
    "emailKey" TEXT,
    "provenEmailKey" TEXT,
    "newEmail" TEXT,
    "passwordHash" TEXT NOT NULL,
    "passwordChangedAt" DATETIME NOT NULL,
    "role" TEXT NOT NULL DEFAULT 'member',
    "status" TEXT NOT NULL DEFAULT 'active',
    "suspendedUntil" DATETIME,
    "twoFactor" BOOLEAN NOT NULL DEFAULT false,
    "termsVersion" INTEGER,
    "invitationId" TEXT,
    "language" TEXT,
    "timeZone" TEXT,
    "passkeyHandle" BLOB,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastSeenAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closesAt" DATETIME,
    CONSTRAINT "User_invitationId_fkey" FOREIGN KEY ("invitationId") REFERENCES "Invitation" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);
-- Never seen is the epoch from now on, so that it has its place in the order.
INSERT INTO "new_User" ("twoFactor", "closesAt", "createdAt", "email", "emailKey", "id", "language", "lastSeenAt", "name", "nameKey", "newEmail", "passkeyHandle", "passwordChangedAt", "passwordHash", "provenEmailKey", "role", "status", "timeZone", "username", "usernameSkeleton") SELECT EXISTS (SELECT 1 FROM "Authenticator" WHERE "userId" = "User"."id"), "closesAt", "createdAt", "email", "emailKey", "id", "language", coalesce("lastSeenAt", '1970-01-01T00:00:00.000+00:00'), "name", "nameKey", "newEmail", "passkeyHandle", "passwordChangedAt", "passwordHash", "provenEmailKey", "role", "status", "timeZone", "username", "usernameSkeleton" FROM "User";
DROP TABLE "User";
ALTER TABLE "new_User" RENAME TO "User";
CREATE UNIQUE INDEX "User_username_key" ON "User"("username");
CREATE UNIQUE INDEX "User_usernameSkeleton_key" ON "User"("usernameSkeleton");
CREATE UNIQUE INDEX "User_provenEmailKey_key" ON "User"("provenEmailKey");
CREATE UNIQUE INDEX "User_passkeyHandle_key" ON "User"("passkeyHandle");
CREATE INDEX "User_lastSeenAt_id_idx" ON "User"("lastSeenAt", "id");
CREATE INDEX "User_status_id_idx" ON "User"("status", "id");
CREATE INDEX "User_role_id_idx" ON "User"("role", "id");
CREATE INDEX "User_twoFactor_id_idx" ON "User"("twoFactor", "id");
CREATE INDEX "User_unconfirmed_idx" ON "User"("id") WHERE "email" IS NOT NULL AND "provenEmailKey" IS NULL;
CREATE INDEX "User_imported_idx" ON "User"("id") WHERE "passwordHash" <> '' AND substr("passwordHash", 1, 10) <> '$argon2id$';
CREATE INDEX "User_closesAt_idx" ON "User"("closesAt");
CREATE INDEX "User_suspendedUntil_idx" ON "User"("suspendedUntil");
CREATE INDEX "User_invitationId_idx" ON "User"("invitationId");
CREATE INDEX "User_emailKey_idx" ON "User"("emailKey");
CREATE INDEX "User_nameKey_idx" ON "User"("nameKey");
PRAGMA foreign_keys=ON;
PRAGMA defer_foreign_keys=OFF;

-- CreateIndex
CREATE INDEX "SignUpRequest_askedAt_idx" ON "SignUpRequest"("askedAt");

-- CreateIndex
CREATE INDEX "SignUpRequest_network_idx" ON "SignUpRequest"("network");

-- CreateIndex
CREATE INDEX "Invitation_addressKey_idx" ON "Invitation"("addressKey");

-- CreateIndex
CREATE INDEX "Invitation_expiresAt_idx" ON "Invitation"("expiresAt");

-- CreateIndex
CREATE INDEX "Job_state_dueAt_idx" ON "Job"("state", "dueAt");

-- CreateIndex
CREATE INDEX "JobResult_userId_idx" ON "JobResult"("userId");

-- CreateIndex
CREATE UNIQUE INDEX "JobResult_jobId_userId_key" ON "JobResult"("jobId", "userId");

-- CreateIndex
CREATE UNIQUE INDEX "AuditEvent_seq_key" ON "AuditEvent"("seq");

-- CreateIndex
CREATE INDEX "AuditEvent_event_id_idx" ON "AuditEvent"("event", "id");

-- Parts of words. An account's place in the search index is a number of its own: VACUUM may renumber the rows of "User".
CREATE TABLE "SearchKey" (
    "key" INTEGER PRIMARY KEY AUTOINCREMENT,
    "userId" TEXT NOT NULL UNIQUE REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
-- It holds which accounts have three letters in a row, not where: whoever asks for more looks at the account too.
CREATE VIRTUAL TABLE "UserSearch" USING fts5 ("words", content = '', detail = 'none', columnsize = 0, tokenize = 'trigram');
-- What is erased is gone from it at once.
INSERT INTO "UserSearch" ("UserSearch", "rank") VALUES ('secure-delete', 1);
INSERT INTO "SearchKey" ("userId") SELECT "id" FROM "User" ORDER BY "id";
INSERT INTO "UserSearch" ("rowid", "words")
    SELECT "key", concat_ws(char(10), "username", "emailKey", "nameKey") FROM "SearchKey" JOIN "User" ON "id" = "userId" ORDER BY "key";

CREATE TRIGGER "User_searched" AFTER INSERT ON "User" BEGIN
    INSERT INTO "SearchKey" ("userId") VALUES (NEW."id");
    INSERT INTO "UserSearch" ("rowid", "words")
        SELECT "key", concat_ws(char(10), NEW."username", NEW."emailKey", NEW."nameKey") FROM "SearchKey" WHERE "userId" = NEW."id";
END;
CREATE TRIGGER "User_searched_anew" AFTER UPDATE OF "username", "emailKey", "nameKey" ON "User" BEGIN
    INSERT INTO "UserSearch" ("UserSearch", "rowid", "words")
        SELECT 'delete', "key", concat_ws(char(10), OLD."username", OLD."emailKey", OLD."nameKey") FROM "SearchKey" WHERE "userId" = OLD."id";
    INSERT INTO "UserSearch" ("rowid", "words")
        SELECT "key", concat_ws(char(10), NEW."username", NEW."emailKey", NEW."nameKey") FROM "SearchKey" WHERE "userId" = NEW."id";
END;
CREATE TRIGGER "User_searched_no_more" BEFORE DELETE ON "User" BEGIN
    INSERT INTO "UserSearch" ("UserSearch", "rowid", "words")
        SELECT 'delete', "key", concat_ws(char(10), OLD."username", OLD."emailKey", OLD."nameKey") FROM "SearchKey" WHERE "userId" = OLD."id";
END;

-- Who has an authenticator.
CREATE TRIGGER "Authenticator_added" AFTER INSERT ON "Authenticator" BEGIN
    UPDATE "User" SET "twoFactor" = true WHERE "id" = NEW."userId";
END;
CREATE TRIGGER "Authenticator_removed" AFTER DELETE ON "Authenticator" BEGIN
    UPDATE "User" SET "twoFactor" = false WHERE "id" = OLD."userId";
END;

-- How many there are.
INSERT INTO "Tally" ("name", "day", "count") SELECT 'people.' || "status", '', count(*) FROM "User" GROUP BY "status";
INSERT INTO "Tally" ("name", "day", "count") SELECT 'people.confirmed', '', count(*) FROM "User" WHERE "provenEmailKey" IS NOT NULL;
CREATE TRIGGER "User_counted" AFTER INSERT ON "User" BEGIN
    INSERT INTO "TallyChange" ("id", "name", "day", "count")
        SELECT hex(randomblob(16)), 'people.' || NEW."status", '', 1
        UNION ALL SELECT hex(randomblob(16)), 'people.confirmed', '', 1 WHERE NEW."provenEmailKey" IS NOT NULL
        UNION ALL SELECT hex(randomblob(16)), 'members.seen', substr(NEW."lastSeenAt", 1, 10), 1 WHERE NEW."lastSeenAt" > '1970-01-02';
END;
CREATE TRIGGER "User_counted_out" AFTER DELETE ON "User" BEGIN
    INSERT INTO "TallyChange" ("id", "name", "day", "count")
        SELECT hex(randomblob(16)), 'people.' || OLD."status", '', -1
        UNION ALL SELECT hex(randomblob(16)), 'people.confirmed', '', -1 WHERE OLD."provenEmailKey" IS NOT NULL;
END;
CREATE TRIGGER "User_counted_anew" AFTER UPDATE OF "status" ON "User" WHEN OLD."status" <> NEW."status" BEGIN
    INSERT INTO "TallyChange" ("id", "name", "day", "count")
        VALUES (hex(randomblob(16)), 'people.' || OLD."status", '', -1), (hex(randomblob(16)), 'people.' || NEW."status", '', 1);
END;
CREATE TRIGGER "User_counted_confirmed" AFTER UPDATE OF "provenEmailKey" ON "User"
WHEN (OLD."provenEmailKey" IS NULL) <> (NEW."provenEmailKey" IS NULL) BEGIN
    INSERT INTO "TallyChange" ("id", "name", "day", "count")
        VALUES (hex(randomblob(16)), 'people.confirmed', '', iif(NEW."provenEmailKey" IS NULL, -1, 1));
END;
CREATE TRIGGER "User_counted_seen" AFTER UPDATE OF "lastSeenAt" ON "User"
WHEN substr(OLD."lastSeenAt", 1, 10) < substr(NEW."lastSeenAt", 1, 10) BEGIN
    INSERT INTO "TallyChange" ("id", "name", "day", "count")
        VALUES (hex(randomblob(16)), 'members.seen', substr(NEW."lastSeenAt", 1, 10), 1);
END;
