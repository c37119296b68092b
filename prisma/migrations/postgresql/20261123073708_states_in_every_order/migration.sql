-- CreateIndex
CREATE INDEX "User_rare_status_username_idx" ON "User"("status", "username") WHERE ("status" <> 'active');

-- CreateIndex
CREATE INDEX "User_rare_status_lastSeenAt_idx" ON "User"("status", "lastSeenAt", "id") WHERE ("status" <> 'active');
