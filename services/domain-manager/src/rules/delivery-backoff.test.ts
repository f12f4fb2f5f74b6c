import t from 'tap'
import {
  DELIVERY_MS_MAX,
  LAST_PAUSE_MS,
  nextDeliveryAt,
  PAUSES_MS,
  RETRY_AFTER_MS_MAX,
} from './delivery-backoff.ts'

const FIRST = { createdAt: 1_000, attempts: 1, failedAt: 1_000, retryAfterMs: undefined }

t.test('pauses grow from attempt to attempt, then stay', async (t) => {
  for (const [index, pauseMs] of PAUSES_MS.entries()) {
    t.equal(nextDeliveryAt({ ...FIRST, attempts: index + 1 }, 0), 1_000 + pauseMs)
  }
  t.equal(nextDeliveryAt({ ...FIRST, attempts: PAUSES_MS.length + 1 }, 0), 1_000 + LAST_PAUSE_MS)
  t.equal(nextDeliveryAt({ ...FIRST, attempts: 1_000_000 }, 0), 1_000 + LAST_PAUSE_MS)
  t.equal(nextDeliveryAt({ ...FIRST, attempts: 0 }, 0), 1_000 + PAUSES_MS[0])
})

t.test('jitter makes a pause up to a quarter longer', async (t) => {
  t.equal(nextDeliveryAt(FIRST, 1), 1_000 + PAUSES_MS[0] * 1.25)
})

t.test(
  'an endpoint can ask for a longer pause, not for a shorter one, and not for any',
  async (t) => {
    const cases = [
      [0, PAUSES_MS[0]],
      [PAUSES_MS[0] - 1, PAUSES_MS[0]],
      [PAUSES_MS[0] + 1, PAUSES_MS[0] + 1],
      [RETRY_AFTER_MS_MAX, RETRY_AFTER_MS_MAX],
      [RETRY_AFTER_MS_MAX + 1, RETRY_AFTER_MS_MAX],
      [Number.MAX_SAFE_INTEGER, RETRY_AFTER_MS_MAX],
    ] as const
    for (const [retryAfterMs, pauseMs] of cases) {
      t.equal(nextDeliveryAt({ ...FIRST, retryAfterMs }, 0), 1_000 + pauseMs)
    }
  },
)

t.test('the last attempt is made when the three days are over, and none after it', async (t) => {
  const endsAt = FIRST.createdAt + DELIVERY_MS_MAX
  const late = { ...FIRST, attempts: 50 }
  t.equal(nextDeliveryAt({ ...late, failedAt: endsAt - 1 }, 0), endsAt)
  t.equal(nextDeliveryAt({ ...late, failedAt: endsAt }, 0), undefined)
  t.equal(nextDeliveryAt({ ...late, failedAt: endsAt + 1 }, 0), undefined)
})

t.test('three days are about a dozen attempts', async (t) => {
  for (const random of [0, 1]) {
    let attempts = 0
    let at: number | undefined = 0
    while (at !== undefined) {
      attempts += 1
      at = nextDeliveryAt({ createdAt: 0, attempts, failedAt: at, retryAfterMs: undefined }, random)
    }
    t.ok(attempts >= 12 && attempts <= 15, `${attempts} attempts`)
  }
})
