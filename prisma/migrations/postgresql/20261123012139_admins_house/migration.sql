-- CreateEnum
CREATE TYPE "JobState" AS ENUM ('running', 'paused', 'done', 'cancelled');

-- AlterEnum
ALTER TYPE "Role" ADD VALUE 'support' BEFORE 'admin';

-- DropIndex
DROP INDEX "User_role_idx";

-- AlterTable
ALTER TABLE "AuditEvent" ADD COLUMN     "digest" BYTEA,
ADD COLUMN     "link" BYTEA,
ADD COLUMN     "salt" BYTEA,
ADD COLUMN     "seq" BIGINT;

-- AlterTable
ALTER TABLE "Token" ADD COLUMN     "invitationId" TEXT;

-- Never seen is the epoch from now on, so that it has its place in the order.
UPDATE "User" SET "lastSeenAt" = '1970-01-01' WHERE "lastSeenAt" IS NULL;

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "invitationId" TEXT,
ADD COLUMN     "suspendedUntil" TIMESTAMP(3),
ADD COLUMN     "termsVersion" INTEGER,
ADD COLUMN     "twoFactor" BOOLEAN NOT NULL DEFAULT false,
ALTER COLUMN "lastSeenAt" SET NOT NULL,
ALTER COLUMN "lastSeenAt" SET DEFAULT CURRENT_TIMESTAMP;

-- CreateTable
CREATE TABLE "SignUpRequest" (
    "userId" TEXT NOT NULL,
    "askedAt" TIMESTAMP(3) NOT NULL,
    "ip" TEXT NOT NULL,
    "network" TEXT NOT NULL,

    CONSTRAINT "SignUpRequest_pkey" PRIMARY KEY ("userId")
);

-- CreateTable
CREATE TABLE "Invitation" (
    "id" TEXT NOT NULL,
    "address" TEXT,
    "addressKey" TEXT,
    "role" "Role" NOT NULL,
    "usesLeft" INTEGER NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMP(3) NOT NULL,
    "cancelledAt" TIMESTAMP(3),

    CONSTRAINT "Invitation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AuditHead" (
    "id" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "link" BYTEA NOT NULL,

    CONSTRAINT "AuditHead_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Tally" (
    "name" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "count" BIGINT NOT NULL,

    CONSTRAINT "Tally_pkey" PRIMARY KEY ("name","day")
);

-- CreateTable
CREATE TABLE "TallyChange" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "TallyChange_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Setting" (
    "name" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Setting_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "Terms" (
    "version" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Terms_pkey" PRIMARY KEY ("version")
);

-- CreateTable
CREATE TABLE "Job" (
    "id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "filter" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "actorId" TEXT NOT NULL,
    "source" JSONB NOT NULL,
    "state" "JobState" NOT NULL DEFAULT 'running',
    "total" INTEGER,
    "done" INTEGER NOT NULL DEFAULT 0,
    "refused" INTEGER NOT NULL DEFAULT 0,
    "cursor" TEXT,
    "dueAt" TIMESTAMP(3) NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),

    CONSTRAINT "Job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "JobResult" (
    "id" TEXT NOT NULL,
    "jobId" TEXT NOT NULL,
    "userId" TEXT,
    "problem" TEXT,

    CONSTRAINT "JobResult_pkey" PRIMARY KEY ("id")
);

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

-- CreateIndex
CREATE INDEX "Token_invitationId_idx" ON "Token"("invitationId");

-- CreateIndex
CREATE INDEX "User_lastSeenAt_id_idx" ON "User"("lastSeenAt", "id");

-- CreateIndex
CREATE INDEX "User_role_id_idx" ON "User"("role", "id");

-- CreateIndex
CREATE INDEX "User_twoFactor_id_idx" ON "User"("twoFactor", "id");

-- CreateIndex
CREATE INDEX "User_unconfirmed_idx" ON "User"("id") WHERE ("email" IS NOT NULL AND "provenEmailKey" IS NULL);

-- CreateIndex
CREATE INDEX "User_imported_idx" ON "User"("id") WHERE ("passwordHash" <> '' AND substr("passwordHash", 1, 10) <> '$argon2id$');

-- CreateIndex
CREATE INDEX "User_suspendedUntil_idx" ON "User"("suspendedUntil");

-- CreateIndex
CREATE INDEX "User_invitationId_idx" ON "User"("invitationId");

-- AddForeignKey
ALTER TABLE "User" ADD CONSTRAINT "User_invitationId_fkey" FOREIGN KEY ("invitationId") REFERENCES "Invitation"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SignUpRequest" ADD CONSTRAINT "SignUpRequest_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Token" ADD CONSTRAINT "Token_invitationId_fkey" FOREIGN KEY ("invitationId") REFERENCES "Invitation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "JobResult" ADD CONSTRAINT "JobResult_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "JobResult" ADD CONSTRAINT "JobResult_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- Parts of words. Whoever may make tables in a database may switch this extension on.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX "User_search_idx" ON "User" USING gin (("username" || chr(10) || coalesce("emailKey", '') || chr(10) || coalesce("nameKey", '')) gin_trgm_ops);

-- Who has an authenticator.
UPDATE "User" SET "twoFactor" = true WHERE "id" IN (SELECT "userId" FROM "Authenticator");
CREATE FUNCTION foyer_authenticator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "User" SET "twoFactor" = (TG_OP = 'INSERT') WHERE "id" = coalesce(NEW."userId", OLD."userId");
    RETURN NULL;
END $$;
CREATE TRIGGER "Authenticator_changed" AFTER INSERT OR DELETE ON "Authenticator" FOR EACH ROW EXECUTE FUNCTION foyer_authenticator();

-- How many there are.
INSERT INTO "Tally" ("name", "day", "count") SELECT 'people.' || "status", '', count(*) FROM "User" GROUP BY "status";
INSERT INTO "Tally" ("name", "day", "count") SELECT 'people.confirmed', '', count(*) FROM "User" WHERE "provenEmailKey" IS NOT NULL;
CREATE FUNCTION foyer_count(text, text, integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO "TallyChange" ("id", "name", "day", "count") VALUES (gen_random_uuid()::text, $1, $2, $3)
$$;
CREATE FUNCTION foyer_user_counted() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF confirmed <> 0 THEN PERFORM foyer_count('people.confirmed', '', confirmed); END IF;
    IF is_now."lastSeenAt"::date > coalesce(was."lastSeenAt", '1970-01-01')::date THEN
        PERFORM foyer_count('members.seen', to_char(is_now."lastSeenAt", 'YYYY-MM-DD'), 1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "User_counted" AFTER INSERT OR DELETE OR UPDATE OF "status", "provenEmailKey", "lastSeenAt" ON "User"
    FOR EACH ROW EXECUTE FUNCTION foyer_user_counted();
