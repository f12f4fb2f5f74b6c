import t from 'tap'
import { EDGE_ID_OCTETS_MAX } from '@fingerpost/contract/core-api'
import { newEdgeId } from './edge-id.ts'

t.test('each name is another one, fits its limit, and tells nothing', async (t) => {
  const ids = Array.from({ length: 100 }, () => newEdgeId())
  t.equal(new Set(ids).size, 100)
  t.ok(ids.every((id) => /^edge-[0-9a-f]{16}$/.test(id) && id.length <= EDGE_ID_OCTETS_MAX))
})
