// The jobs that make load, in a process beside the measured one.
import { randomBytes } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import argon2 from 'argon2'
import autocannon from 'autocannon'
import { readConfig } from '../src/config.ts'

/** Load begins this long before it is counted, so that a measured second has no beginning and no end in it. */
const RAMP_MS = 300

const jobs = { signUps, hashes, visits, flood }
export type Jobs = typeof jobs

/** How many times a second `people`, each as soon as their last time is over, are done with `work`. */
async function throughput(people: number, ms: number, work: () => Promise<unknown>): Promise<number> {
  const from = performance.now() + RAMP_MS
  let count = 0
  const person = async () => {
    while (performance.now() < from + ms) {
      await work()
      if (performance.now() >= from && performance.now() < from + ms) count++
    }
  }
  await Promise.all(Array.from({ length: people }, person))
  return count / (ms / 1000)
}

const run = randomBytes(4).toString('hex')
let person = 0

/** Sign-ups per second: everyone is somebody else and comes from another network. */
async function signUps(url: string, status: number, people: number, ms: number): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const perSecond = await throughput(people, ms, () => {
    person++
    const body = new URLSearchParams({
      email: `b${run}.${person}@example.org`,
      username: `b${run}.${person}`,
      password: `granite otter ${person}`,
      website: '',
    }).toString()
    const headers = {
      ...BROWSER,
      'x-forwarded-for': `10.${(person >> 16) & 255}.${(person >> 8) & 255}.${person & 255}`,
      'content-length': body.length,
    }
    return send(url, { method: 'POST', agent, headers }, status, body)
  })
  agent.destroy()
  return perSecond
}

/** Hashes per second of argon2 alone. */
function hashes(inFlight: number, ms: number): Promise<number> {
  const { argon2: cost } = readConfig({})
  return throughput(inFlight, ms, () => argon2.hash('granite otter lantern', cost))
}

/** Opens a page `perSecond` times a second, whether or not earlier ones have come, and answers the times in ms. */
async function visits(url: string, perSecond: number, ms: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const startedAt = performance.now()
  const times: Promise<number>[] = []
  for (let due = 0; due < ms; due += 1000 / perSecond) {
    await sleep(Math.max(0, startedAt + due - performance.now()))
    times.push(timed(() => send(url, { agent, headers: { accept: 'text/html' } }, 200)))
  }
  const answered = await Promise.all(times)
  agent.destroy()
  return answered
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

const BROWSER = {
  accept: 'text/html',
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/x-www-form-urlencoded',
}

function send(url: string, options: object, status: number, body?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const answer = (response: IncomingMessage) => {
      if (response.statusCode !== status)
        reject(new Error(`${url} answered ${response.statusCode}, not ${status}`))
      response.resume().on('end', resolve)
    }
    request(url, options, answer).on('error', reject).end(body)
  })
}

/** How much of a thing: for a time in ms, or a number of requests. */
type Amount = { ms: number } | { requests: number }

/** Answers per second over 32 connections, of a page, or of a form that is rejected. */
async function flood(url: string, status: 200 | 422, amount: Amount): Promise<number> {
  const rejected = new URLSearchParams({
    email: 'ana@',
    username: 'a',
    password: 'short',
    website: '',
  }).toString()
  const result = await autocannon({
    url,
    connections: 32,
    ...('ms' in amount ? { duration: amount.ms / 1000 } : { amount: amount.requests }),
    ...(status === 200
      ? { headers: { accept: 'text/html' } }
      : { method: 'POST', headers: BROWSER, body: rejected }),
  })
  const { [`${status}` as const]: expected, ...others } = result.statusCodeStats ?? {}
  if (!expected?.count || Object.keys(others).length || result.errors)
    throw new Error(`${url} did not always answer ${status}`)
  return expected.count / result.duration
}

process.on('message', async ({ name, options }: { name: keyof Jobs; options: never[] }) => {
  const job: (...options: never[]) => Promise<unknown> = jobs[name]
  process.send?.(await job(...options))
})
