import t from 'tap'
import { isId, newId, randomBase32, randomDigits } from './ids.ts'

t.test('ids have their prefix, are all different, and sort by their age', async (t) => {
  const ids = Array.from({ length: 200 }, () => newId('dom'))
  t.ok(ids.every((id) => /^dom_[0-9a-v]{26}$/.test(id)))
  t.equal(new Set(ids).size, ids.length)
  const instant = (id: string) => id.slice(4, 12)
  t.same(ids.map(instant), ids.map(instant).toSorted())
})

t.test('only an id of its kind is an id', async (t) => {
  const id = newId('dom')
  t.ok(isId(id, 'dom'))
  const others = ['', 'dom_', id.slice(4), `${id}0`, id.slice(0, -1), id.toUpperCase(), `${id}\n`]
  for (const text of [...others, id.replace('dom', 'lnk'), `dom_${'w'.repeat(26)}`]) {
    t.notOk(isId(text, 'dom'), JSON.stringify(text))
  }
})

t.test('random digits use the whole alphabet and nothing else', async (t) => {
  t.match(randomBase32(500), /^[a-z2-7]{500}$/)
  t.equal(new Set(randomDigits('abc', 500)).size, 3)
})
