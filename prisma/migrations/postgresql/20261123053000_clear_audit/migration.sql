-- CreateTable
CREATE TABLE "AuditStart" (
    "id" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "link" BYTEA NOT NULL,
    "proof" BYTEA NOT NULL,

    CONSTRAINT "AuditStart_pkey" PRIMARY KEY ("id")
);

INSERT INTO "AuditStart" ("id", "seq", "link", "proof") VALUES (1, 0, '', '');

-- Rows are deleted only from the beginning, up to where the trail begins from now on.
CREATE FUNCTION foyer_audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD."seq" IS NULL OR OLD."seq" > COALESCE((SELECT "seq" FROM "AuditStart" WHERE "id" = 1), 0) THEN
        RAISE EXCEPTION 'The audit trail is only added to: nothing in it is changed or deleted';
    END IF;
    RETURN OLD;
END $$;
DROP TRIGGER "AuditEvent_kept" ON "AuditEvent";
CREATE TRIGGER "AuditEvent_kept" BEFORE DELETE ON "AuditEvent" FOR EACH ROW EXECUTE FUNCTION foyer_audit_kept();
CREATE TRIGGER "AuditStart_kept" BEFORE DELETE ON "AuditStart" FOR EACH ROW EXECUTE FUNCTION foyer_audit_refused();
CREATE TRIGGER "AuditStart_not_emptied" BEFORE TRUNCATE ON "AuditStart" EXECUTE FUNCTION foyer_audit_refused();
CREATE TRIGGER "AuditStart_onwards" BEFORE UPDATE ON "AuditStart" FOR EACH ROW
    WHEN (NEW."id" <> OLD."id" OR NEW."seq" < OLD."seq") EXECUTE FUNCTION foyer_audit_refused();
