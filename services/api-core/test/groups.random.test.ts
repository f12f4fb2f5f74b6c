import t from 'tap'
import { answerOf, GroupWorld, HOSTNAMES, lookup, ModelEdge, SLUGS } from './group-world.ts'
import { givenTenant, openInstallation, withEachEngine } from './installation.ts'

const ROUNDS = 8
const STEPS = 40

await withEachEngine(t, (t, { newUrl }) => {
  t.test('whatever happens to groups, an edge that applied all changes is right', async (t) => {
    let compared = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const seed = 1 + Math.floor(Math.random() * 2 ** 31)
      await using open = await openInstallation(await newUrl())
      const world = new GroupWorld(await givenTenant(open), randomFrom(seed))
      const edge = new ModelEdge(open)
      for (let step = 0; step < STEPS; step += 1) {
        const what = await world.change(open)
        await edge.follow()
        for (const hostname of HOSTNAMES) {
          for (const slug of SLUGS) {
            const { domain, link } = await edge.find(hostname, slug)
            const truth = await lookup(open, hostname, slug)
            const shown = { answer: answerOf({ domain, link }), at: `${hostname}/${slug}` }
            const expected = { answer: answerOf(truth), at: `${hostname}/${slug}` }
            t.same(shown, expected, `seed ${seed}, step ${step}: ${what}`)
            compared += 1
            if (!t.passing()) return
          }
        }
      }
    }
    t.comment(`${compared} answers compared`)
  })
})

/** A small generator of random numbers, so that a failure can be repeated by its seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
