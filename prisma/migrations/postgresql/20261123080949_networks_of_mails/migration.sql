-- AlterTable
ALTER TABLE "Mail" ADD COLUMN     "networkOnly" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "Mail_networkOnly_createdAt_idx" ON "Mail"("networkOnly", "createdAt");
