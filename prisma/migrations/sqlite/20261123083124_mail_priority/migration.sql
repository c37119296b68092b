-- AlterTable
ALTER TABLE "Mail" ADD COLUMN "priority" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
CREATE INDEX "Mail_state_priority_dueAt_id_idx" ON "Mail"("state", "priority", "dueAt", "id");
