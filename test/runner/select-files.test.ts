import t from 'tap'
import { isEndToEnd, isHeldToCoverage, isUnitTest, selectFiles } from './select-files.ts'

const TREE = {
  packages: { model: { src: { 'slug.test.ts': '', 'slug.ts': '' } } },
  services: {
    edge: {
      src: { rules: { 'answer.test.ts': '' } },
      test: { 'answers.test.ts': '' },
      node_modules: { pino: { 'pino.test.ts': '' } },
    },
  },
  test: { 'tidy.test.ts': '', story: { 'story.test.ts': '', 'demo.ts': '' } },
}

t.test('without arguments every test file is run, and none of a package from npm', async (t) => {
  t.same(selectFiles(t.testdir(TREE), []), {
    isWhole: true,
    files: [
      'packages/model/src/slug.test.ts',
      'services/edge/src/rules/answer.test.ts',
      'services/edge/test/answers.test.ts',
      'test/story/story.test.ts',
      'test/tidy.test.ts',
    ],
  })
})

t.test('files and folders can be named, each file is run once', async (t) => {
  const root = t.testdir(TREE)
  const args = ['services/edge/', 'services/edge/test/answers.test.ts', `${root}/test/tidy.test.ts`]
  t.same(selectFiles(root, args), {
    isWhole: false,
    files: [
      'services/edge/src/rules/answer.test.ts',
      'services/edge/test/answers.test.ts',
      'test/tidy.test.ts',
    ],
  })
})

t.test('an argument without a test is refused', async (t) => {
  const root = t.testdir({ ...TREE, docs: {} })
  for (const argument of ['docs', 'packages/modle', '--grep=x']) {
    t.throws(() => selectFiles(root, [argument]), { message: `"${argument}" is no test file` })
  }
})

t.test('what kind of test or source a path is', async (t) => {
  t.ok(isEndToEnd('test/story/story.test.ts'))
  t.notOk(isEndToEnd('test/tidy.test.ts'))
  t.notOk(isEndToEnd('test/tidy/imports.test.ts'))
  t.notOk(isEndToEnd('test/runner/judge.test.ts'))
  t.notOk(isEndToEnd('services/edge/test/answers.test.ts'))

  t.ok(isUnitTest('services/edge/src/rules/answer.test.ts'))
  t.notOk(isUnitTest('services/edge/test/answers.test.ts'))

  t.ok(isHeldToCoverage('packages/model/src/slug.ts'))
  t.ok(isHeldToCoverage('services/edge/src/rules/answer.ts'))
  t.notOk(isHeldToCoverage('services/edge/src/rules/answer.test.ts'))
  t.notOk(isHeldToCoverage('services/edge/src/app.ts'))
  t.notOk(isHeldToCoverage('packages/chassis/src/clock.ts'))
})
