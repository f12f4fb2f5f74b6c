import t from 'tap'
import { isRedirectStatus, REDIRECT_STATUS_DEFAULT, REDIRECT_STATUSES } from './link.ts'

t.test(
  'only the statuses that redirect and keep the destination are redirect statuses',
  async (t) => {
    for (const status of REDIRECT_STATUSES) t.ok(isRedirectStatus(status), String(status))
    for (const value of [0, 200, 300, 303, 304, 305, 306, 309, 400, 302.5, -302, NaN, Infinity]) {
      t.notOk(isRedirectStatus(value), String(value))
    }
  },
)

t.test('a link redirects temporarily unless told otherwise', async (t) => {
  t.equal(REDIRECT_STATUS_DEFAULT, 302)
})
