import t from 'tap'
import { EDGE_ID_OCTETS_MAX } from '@fingerpost/contract/core-api'
import { newEdgeId } from './edge-id.ts'

t.test('a name is readable, short enough and never the same', async (t) => {
  t.match(newEdgeId('edge-1.example.net'), /^edge-1\.example\.net-[0-9a-f]{16}$/)
  t.match(newEdgeId('Größe 7'), /^Gr-e-7-[0-9a-f]{16}$/)
  t.ok(newEdgeId('x'.repeat(300)).length <= EDGE_ID_OCTETS_MAX)
  t.not(newEdgeId('edge-1'), newEdgeId('edge-1'))
})
