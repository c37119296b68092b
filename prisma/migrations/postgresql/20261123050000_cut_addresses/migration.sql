-- CreateIndex
CREATE INDEX "AuditEvent_uncut_idx" ON "AuditEvent"("at") WHERE (length(salt) = 32);

-- What may be done to a row besides: to cut its address to the network, once, and the half of the salt with it.
DROP TRIGGER "AuditEvent_unchanged" ON "AuditEvent";
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
        ) OR (
            (NEW."seq", NEW."digest", NEW."link", NEW."actor", NEW."subjectId", NEW."userAgent", NEW."requestId", NEW."detail")
                IS NOT DISTINCT FROM (OLD."seq", OLD."digest", OLD."link", OLD."actor", OLD."subjectId", OLD."userAgent", OLD."requestId", OLD."detail")
            AND length(OLD."salt") IS NOT DISTINCT FROM 32 AND length(NEW."salt") IS NOT DISTINCT FROM 48
            AND substr(NEW."salt", 1, 16) = substr(OLD."salt", 1, 16)
            AND (NEW."ip" IS NOT DISTINCT FROM OLD."ip" OR (NEW."ip" LIKE '%/__' AND OLD."ip" IS NOT NULL))
        )
    )
)) EXECUTE FUNCTION foyer_audit_refused();
