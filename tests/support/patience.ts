/**
 * How long a test waits for what happens at once on a machine with nothing else to do. It is no promise of ours,
 * and only what never happens takes so long: where the time itself matters, a test says so.
 */
export const PATIENCE = { timeout: 60_000 }
