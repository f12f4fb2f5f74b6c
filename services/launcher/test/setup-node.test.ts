import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { nodeProblem, readNodeFacts } from '../setup/check-node.cjs'

const FROM_NPM = { isInstalled: true, version: 'v26.10.0', ownMajor: 20 }
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

t.test('Node 26 from npm is what it takes', async (t) => {
  t.equal(nodeProblem(FROM_NPM), undefined)
  t.match(nodeProblem({ ...FROM_NPM, version: 'v25.9.0' }), /v25\.9\.0.*"npm ci"/)
  t.match(nodeProblem({ ...FROM_NPM, version: undefined }), /does not start/)
})

t.test('without it the own Node will do when it is new enough', async (t) => {
  const none = { isInstalled: false, version: undefined }
  t.equal(nodeProblem({ ...none, ownMajor: 26 }), undefined)
  t.match(nodeProblem({ ...none, ownMajor: 25 }), /npm rebuild node --ignore-scripts=false/)
})

t.test('a tree without node_modules has no Node, and this one has a running one', async (t) => {
  t.match(readNodeFacts(t.testdir({})), { isInstalled: false, version: undefined })
  t.match(readNodeFacts(ROOT), { isInstalled: true, version: /^v26\./ })
})

t.test('a Node that does not start is noticed', async (t) => {
  const root = t.testdir({ node_modules: { '.bin': { node: 'no program' } } })
  t.match(readNodeFacts(root), { isInstalled: true, version: undefined })
})

t.test('an unexpected failure, as a goal nobody knows, is one sentence', async (t) => {
  const script = fileURLToPath(new URL('../setup/prepare.cjs', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [script, 'tset'], { encoding: 'utf8' })
  t.equal(status, 1)
  t.equal(
    stderr,
    'Set-up: it failed, and nothing was started: ' +
      'The goal is "tset"; want start, test or check.\n',
  )
})
