-- CreateTable
CREATE TABLE "AuditStart" (
    "id" INTEGER NOT NULL PRIMARY KEY,
    "seq" BIGINT NOT NULL,
    "link" BLOB NOT NULL,
    "proof" BLOB NOT NULL
);

INSERT INTO "AuditStart" ("id", "seq", "link", "proof") VALUES (1, 0, x'', x'');

-- Rows are deleted only from the beginning, up to where the trail begins from now on.
DROP TRIGGER "AuditEvent_kept";
CREATE TRIGGER "AuditEvent_kept" BEFORE DELETE ON "AuditEvent"
WHEN OLD."seq" IS NULL OR OLD."seq" > COALESCE((SELECT "seq" FROM "AuditStart" WHERE "id" = 1), 0) BEGIN
    SELECT RAISE(ABORT, 'The audit trail is only added to: nothing is deleted from it');
END;
CREATE TRIGGER "AuditStart_kept" BEFORE DELETE ON "AuditStart" BEGIN
    SELECT RAISE(ABORT, 'The beginning of the audit trail stays');
END;
CREATE TRIGGER "AuditStart_onwards" BEFORE UPDATE ON "AuditStart"
WHEN NEW."id" <> OLD."id" OR NEW."seq" < OLD."seq" BEGIN
    SELECT RAISE(ABORT, 'The beginning of the audit trail only moves on');
END;
