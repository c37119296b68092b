-- CreateTable
CREATE TABLE "AuditKey" (
    "since" BIGINT NOT NULL,
    "sealed" BYTEA NOT NULL,

    CONSTRAINT "AuditKey_pkey" PRIMARY KEY ("since")
);

-- CreateIndex
CREATE INDEX "AuditEvent_unsealed_idx" ON "AuditEvent"("id") WHERE ("seq" IS NULL);

INSERT INTO "AuditHead" ("id", "seq", "link") VALUES (1, 0, '');

-- Rows are only ever added. What may be done to one: to seal it, once, and to take from it who somebody was.
CREATE FUNCTION foyer_audit_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is only added to: nothing in it is changed or deleted';
END $$;
CREATE TRIGGER "AuditEvent_kept" BEFORE DELETE ON "AuditEvent" FOR EACH ROW EXECUTE FUNCTION foyer_audit_refused();
CREATE TRIGGER "AuditEvent_not_emptied" BEFORE TRUNCATE ON "AuditEvent" EXECUTE FUNCTION foyer_audit_refused();
CREATE TRIGGER "AuditEvent_unchanged" BEFORE UPDATE ON "AuditEvent" FOR EACH ROW
WHEN (NOT (
    (NEW."id", NEW."at", NEW."event", NEW."via") IS NOT DISTINCT FROM (OLD."id", OLD."at", OLD."event", OLD."via")
    AND (
        (
            OLD."seq" IS NULL AND NEW."seq" IS NOT NULL
            AND NEW."salt" IS NOT NULL AND NEW."digest" IS NOT NULL AND NEW."link" IS NOT NULL
            AND (NEW."actor", NEW."subjectId", NEW."ip", NEW."userAgent", NEW."requestId", NEW."detail")
                IS NOT DISTINCT FROM (OLD."actor", OLD."subjectId", OLD."ip", OLD."userAgent", OLD."requestId", OLD."detail")
        ) OR (
            (NEW."seq", NEW."digest", NEW."link") IS NOT DISTINCT FROM (OLD."seq", OLD."digest", OLD."link")
            AND num_nonnulls(NEW."salt", NEW."ip", NEW."userAgent", NEW."requestId", NEW."detail") = 0
            AND (NEW."actor" = OLD."actor" OR (NEW."actor" LIKE 'erased:%' AND OLD."actor" NOT LIKE 'erased:%'))
            AND (NEW."subjectId" IS NOT DISTINCT FROM OLD."subjectId" OR (NEW."subjectId" LIKE 'erased:%' AND OLD."subjectId" NOT LIKE 'erased:%'))
            AND (NEW."actor", NEW."subjectId") IS DISTINCT FROM (OLD."actor", OLD."subjectId")
        )
    )
)) EXECUTE FUNCTION foyer_audit_refused();

CREATE TRIGGER "AuditHead_kept" BEFORE DELETE ON "AuditHead" FOR EACH ROW EXECUTE FUNCTION foyer_audit_refused();
CREATE TRIGGER "AuditHead_not_emptied" BEFORE TRUNCATE ON "AuditHead" EXECUTE FUNCTION foyer_audit_refused();
CREATE TRIGGER "AuditHead_onwards" BEFORE UPDATE ON "AuditHead" FOR EACH ROW
    WHEN (NEW."id" <> OLD."id" OR NEW."seq" < OLD."seq") EXECUTE FUNCTION foyer_audit_refused();
CREATE TRIGGER "AuditKey_kept" BEFORE DELETE ON "AuditKey" FOR EACH ROW EXECUTE FUNCTION foyer_audit_refused();
CREATE TRIGGER "AuditKey_not_emptied" BEFORE TRUNCATE ON "AuditKey" EXECUTE FUNCTION foyer_audit_refused();
CREATE TRIGGER "AuditKey_unmoved" BEFORE UPDATE ON "AuditKey" FOR EACH ROW
    WHEN (NEW."since" <> OLD."since") EXECUTE FUNCTION foyer_audit_refused();
