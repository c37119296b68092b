-- CreateIndex
CREATE INDEX "AuditEvent_uncut_idx" ON "AuditEvent"("at") WHERE length(salt) = 32;

-- What may be done to a row besides: to cut its address to the network, once, and the half of the salt with it.
DROP TRIGGER "AuditEvent_unchanged";
CREATE TRIGGER "AuditEvent_unchanged" BEFORE UPDATE ON "AuditEvent"
WHEN NOT (
    (NEW."id", NEW."at", NEW."event", NEW."via") IS (OLD."id", OLD."at", OLD."event", OLD."via")
    AND (
        (
            OLD."seq" IS NULL AND NEW."seq" IS NOT NULL
            AND NEW."salt" IS NOT NULL AND NEW."digest" IS NOT NULL AND NEW."link" IS NOT NULL
            AND (NEW."actor", NEW."subjectId", NEW."ip", NEW."userAgent", NEW."requestId", NEW."detail")
                IS (OLD."actor", OLD."subjectId", OLD."ip", OLD."userAgent", OLD."requestId", OLD."detail")
        ) OR (
            (NEW."seq", NEW."digest", NEW."link") IS (OLD."seq", OLD."digest", OLD."link")
            AND (NEW."salt", NEW."ip", NEW."userAgent", NEW."requestId", NEW."detail") IS (NULL, NULL, NULL, NULL, NULL)
            AND (NEW."actor" = OLD."actor" OR (substr(NEW."actor", 1, 7) = 'erased:' AND substr(OLD."actor", 1, 7) <> 'erased:'))
            AND (NEW."subjectId" IS OLD."subjectId" OR (substr(NEW."subjectId", 1, 7) = 'erased:' AND substr(OLD."subjectId", 1, 7) <> 'erased:'))
            AND (NEW."actor", NEW."subjectId") IS NOT (OLD."actor", OLD."subjectId")
        ) OR (
            (NEW."seq", NEW."digest", NEW."link", NEW."actor", NEW."subjectId", NEW."userAgent", NEW."requestId", NEW."detail")
                IS (OLD."seq", OLD."digest", OLD."link", OLD."actor", OLD."subjectId", OLD."userAgent", OLD."requestId", OLD."detail")
            AND length(OLD."salt") IS 32 AND length(NEW."salt") IS 48
            AND substr(NEW."salt", 1, 16) = substr(OLD."salt", 1, 16)
            AND (NEW."ip" IS OLD."ip" OR (NEW."ip" LIKE '%/__' AND OLD."ip" IS NOT NULL))
        )
    )
) BEGIN
    SELECT RAISE(ABORT, 'The audit trail is only added to: nothing in it is changed');
END;
