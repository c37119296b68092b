-- CreateIndex
CREATE INDEX "User_rare_status_username_idx" ON "User"("status", "username") WHERE ("status" <> 'active');

-- CreateIndex
CREATE INDEX "User_rare_status_lastSeenAt_idx" ON "User"("status", "lastSeenAt", "id") WHERE ("status" <> 'active');

-- DropIndex
DROP INDEX "User_closesAt_idx";

-- DropIndex
DROP INDEX "User_invitationId_idx";

-- DropIndex
DROP INDEX "User_suspendedUntil_idx";

-- CreateIndex
CREATE INDEX "User_closesAt_idx" ON "User"("closesAt") WHERE ("closesAt" IS NOT NULL);

-- CreateIndex
CREATE INDEX "User_suspendedUntil_idx" ON "User"("suspendedUntil") WHERE ("suspendedUntil" IS NOT NULL);

-- CreateIndex
CREATE INDEX "User_invitationId_idx" ON "User"("invitationId") WHERE ("invitationId" IS NOT NULL);
