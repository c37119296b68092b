import fc from 'fast-check'

/**
 * What input is made up of: the same at each run, so that it is a change that breaks a test and never chance. Other
 * input is tried by `FAST_CHECK_SEED=2 npx vitest run --project unit`.
 */
export const SEED = Number(process.env.FAST_CHECK_SEED ?? 1)

fc.configureGlobal({ seed: SEED })

export default fc
