import t from 'tap'
import { judgeWebhookAnswer } from './webhook-answer.ts'

const NOW = Date.UTC(2026, 0, 1)

t.test('every 2xx is a delivery, and nothing else', async (t) => {
  for (const status of [200, 202, 204, 299]) {
    t.same(judgeWebhookAnswer(status, '60', NOW), { kind: 'delivered', httpStatus: status })
  }
  for (const [status, error] of [
    [199, /answered 199/],
    [300, /300: redirects are not followed/],
    [301, /redirects are not followed/],
    [399, /redirects are not followed/],
    [400, /answered 400; 200 to 299/],
    [409, /answered 409; 200 to 299/],
    [500, /answered 500; 200 to 299/],
  ] as const) {
    const expected = { kind: 'failed', error, httpStatus: status, isFinal: false }
    t.match(judgeWebhookAnswer(status, undefined, NOW), expected)
  }
  t.match(judgeWebhookAnswer(410, undefined, NOW), { isFinal: true, error: /wants nothing more/ })
})

t.test('429 and 503 may ask for a pause, other answers not', async (t) => {
  for (const [status, header, retryAfterMs] of [
    [429, '120', 120_000],
    [503, '0', 0],
    [503, '999999999', 999_999_999_000],
    [503, 'Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    [503, 'Wed, 31 Dec 2025 23:59:00 GMT', 0],
    [503, 'Thu, 99 Jan 2026 00:01:00 GMT', undefined],
    [503, undefined, undefined],
    [503, '', undefined],
    [503, '-1', undefined],
    [503, '1e9', undefined],
    [503, '1234567890', undefined],
    [503, 'soon', undefined],
    [500, '120', undefined],
    [302, '120', undefined],
  ] as const) {
    const judged = judgeWebhookAnswer(status, header, NOW)
    t.equal(judged.kind === 'failed' && judged.retryAfterMs, retryAfterMs, `${status} ${header}`)
  }
})
