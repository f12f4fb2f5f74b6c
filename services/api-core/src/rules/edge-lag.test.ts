import t from 'tap'
import {
  EDGE_KEPT_MS,
  FAREWELL,
  isLive,
  lagsBehind,
  mergeEdges,
  type EdgeState,
  type SharedEdge,
} from './edge-lag.ts'

const EDGE: EdgeState = {
  id: 'edge-1',
  lineage: 'one',
  acknowledged: 5,
  isConnected: true,
  sinceAt: 1_000,
}
const GONE: EdgeState = { ...EDGE, isConnected: false }

t.test('an edge is live while it is connected, and for a while after', async (t) => {
  t.ok(isLive(EDGE, 1_000 + 10 * EDGE_KEPT_MS))
  t.ok(isLive(GONE, 1_000 + EDGE_KEPT_MS - 1))
  t.notOk(isLive(GONE, 1_000 + EDGE_KEPT_MS))
  t.notOk(isLive({ ...EDGE, acknowledged: FAREWELL }, 1_000), 'not after its farewell')
})

t.test('an edge lags behind what it has not acknowledged', async (t) => {
  t.notOk(lagsBehind(EDGE, { lineage: 'one', sequence: 4 }))
  t.notOk(lagsBehind(EDGE, { lineage: 'one', sequence: 5 }))
  t.ok(lagsBehind(EDGE, { lineage: 'one', sequence: 6 }))
  t.ok(lagsBehind(EDGE, { lineage: 'two', sequence: 4 }), 'of another history')
  const farewell = { ...EDGE, acknowledged: FAREWELL }
  t.notOk(lagsBehind(farewell, { lineage: 'two', sequence: 6 }))
})

type Case = {
  readonly name: string
  readonly own: readonly EdgeState[]
  readonly shared: readonly SharedEdge[]
  readonly merged: readonly Partial<EdgeState>[]
}
const CASES: readonly Case[] = [
  { name: 'nobody', own: [], shared: [], merged: [] },
  {
    name: 'an edge of another process',
    own: [EDGE],
    shared: [{ ...EDGE, id: 'edge-2', isOwn: false }],
    merged: [{ id: 'edge-1' }, { id: 'edge-2' }],
  },
  {
    name: 'an own edge that acknowledged elsewhere',
    own: [EDGE],
    shared: [{ ...EDGE, acknowledged: 7, isOwn: true }],
    merged: [{ acknowledged: 7, isConnected: true }],
  },
  {
    name: 'an own edge of which the table is behind',
    own: [EDGE],
    shared: [{ ...EDGE, acknowledged: 4, isOwn: true }],
    merged: [{ acknowledged: 5 }],
  },
  {
    name: 'an own edge with a row of another history',
    own: [EDGE],
    shared: [{ ...EDGE, lineage: 'zero', acknowledged: 7, isOwn: true }],
    merged: [{ lineage: 'one', acknowledged: 5 }],
  },
  {
    name: 'an edge that moved to another process',
    own: [GONE],
    shared: [{ ...EDGE, lineage: 'two', acknowledged: 3, isOwn: false }],
    merged: [{ lineage: 'two', acknowledged: 3, isConnected: true }],
  },
  {
    name: 'an edge that moved here',
    own: [EDGE],
    shared: [{ ...EDGE, lineage: 'two', acknowledged: 3, isOwn: false }],
    merged: [{ lineage: 'one', acknowledged: 5 }],
  },
  {
    name: 'an edge that is gone here, of which the own row still says that it is connected',
    own: [GONE],
    shared: [{ ...EDGE, isOwn: true }],
    merged: [{ isConnected: false }],
  },
]
for (const { name, own, shared, merged } of CASES) {
  t.test(`put together: ${name}`, async (t) => {
    const edges = mergeEdges(own, shared)
    t.match(edges, merged)
    t.equal(edges.length, merged.length)
  })
}
