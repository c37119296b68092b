-- CreateTable
CREATE TABLE "AuditKey" (
    "since" BIGINT NOT NULL PRIMARY KEY,
    "sealed" BLOB NOT NULL
);

-- CreateIndex
CREATE INDEX "AuditEvent_unsealed_idx" ON "AuditEvent"("id") WHERE "seq" IS NULL;

INSERT INTO "AuditHead" ("id", "seq", "link") VALUES (1, 0, x'');

-- Rows are only ever added. What may be done to one: to seal it, once, and to take from it who somebody was.
CREATE TRIGGER "AuditEvent_kept" BEFORE DELETE ON "AuditEvent" BEGIN
    SELECT RAISE(ABORT, 'The audit trail is only added to: nothing is deleted from it');
END;
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
        )
    )
) BEGIN
    SELECT RAISE(ABORT, 'The audit trail is only added to: nothing in it is changed');
END;

CREATE TRIGGER "AuditHead_kept" BEFORE DELETE ON "AuditHead" BEGIN
    SELECT RAISE(ABORT, 'The end of the audit trail stays');
END;
CREATE TRIGGER "AuditHead_onwards" BEFORE UPDATE ON "AuditHead"
WHEN NEW."id" <> OLD."id" OR NEW."seq" < OLD."seq" BEGIN
    SELECT RAISE(ABORT, 'The end of the audit trail only moves on');
END;
CREATE TRIGGER "AuditKey_kept" BEFORE DELETE ON "AuditKey" BEGIN
    SELECT RAISE(ABORT, 'The keys of the audit trail stay');
END;
CREATE TRIGGER "AuditKey_unmoved" BEFORE UPDATE ON "AuditKey" WHEN NEW."since" <> OLD."since" BEGIN
    SELECT RAISE(ABORT, 'The keys of the audit trail stay');
END;
