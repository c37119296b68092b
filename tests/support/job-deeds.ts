import { expect } from 'vitest'
import type { Stage } from './stage.ts'

type Here = Pick<Stage, 'jobs' | 'post'>

/** The requests that make the events of changes to many people; what a job does by itself is told in jobs.test.ts. */
export const jobDeeds = {
  'job.started': {
    act: ({ post }: Here, admin: string) =>
      post('/admin/jobs/new', { do: 'restore', q: 'nobody', reason: 'spam' }, admin),
    actor: 'ada.admin',
  },
  'job.paused': {
    act: ({ post, jobs }: Here, admin: string) => post(`/admin/jobs/${jobs.running}/pause`, {}, admin),
    actor: 'ada.admin',
  },
  'job.resumed': {
    act: ({ post, jobs }: Here, admin: string) => post(`/admin/jobs/${jobs.paused}/resume`, {}, admin),
    actor: 'ada.admin',
  },
  'job.cancelled': {
    act: ({ post, jobs }: Here, admin: string) => post(`/admin/jobs/${jobs.running}/cancel`, {}, admin),
    actor: 'ada.admin',
  },
  'job.downloaded': {
    act: ({ post, jobs }: Here, admin: string) => post(`/admin/jobs/${jobs.running}/results`, {}, admin),
    actor: 'ada.admin',
  },
}

/** What the audit trail tells of each. */
export const jobDetails = ({ running, paused }: Stage['jobs']) => ({
  'job.started': { job: expect.any(String), action: 'restore', reason: 'spam' },
  'job.paused': { job: running },
  'job.resumed': { job: paused },
  'job.cancelled': { job: running },
  'job.downloaded': { job: running },
})
