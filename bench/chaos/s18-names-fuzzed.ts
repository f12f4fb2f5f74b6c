import { join } from 'node:path'
import { startBenchEdge, warm } from '../harness/edge.ts'
import { hostnameAt, plainLink } from '../harness/links.ts'
import { startMapCore } from '../harness/start-map-core.ts'
import { fuzzRules } from './fuzz/fuzz-rules.ts'
import { fuzzSocket } from './fuzz/fuzz-socket.ts'
import { tryVectors } from './fuzz/try-vectors.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'

const SET = { links: 100, hostnames: 1 }

/** S18: hostnames, slugs and request targets, known ones and made-up ones. */
export const S18: Row = {
  name: 'S18',
  title: 'hostnames, slugs and request targets',
  goal: '0 mismatches, 0 exceptions, 0 answers of 5xx',
  run,
}

async function run({ directory, isShort, random, say }: RowContext): Promise<Finding> {
  const vectors = tryVectors()
  say(`${vectors.tried} vectors tried`)
  const texts = isShort ? 200_000 : 1_000_000
  const rules = fuzzRules(texts, random)
  say(`${texts} made-up texts tried`)

  await using core = await startMapCore(SET, { core: undefined })
  await using edge = await startBenchEdge({
    corePort: core.grpcPort,
    dataDir: join(directory, 'edge'),
    core: undefined,
  })
  await warm(
    edge.port,
    Array.from({ length: SET.links }, (_, index) => index),
    SET,
  )
  const requests = isShort ? 20_000 : 100_000
  const socket = await fuzzSocket({
    port: edge.port,
    requests,
    random,
    hostname: hostnameAt(0),
    paths: Array.from({ length: SET.links }, (_, index) => plainLink(index, SET).path),
  })
  const examples = [...vectors.problems, ...rules.problems, ...socket.problems]
  const figure = vectors.mismatches + rules.mismatches + socket.mismatches + socket.serverErrors
  return {
    kind: 'measured',
    figure,
    unit: 'mismatches, exceptions and answers of 5xx',
    pass: figure === 0,
    facts: {
      vectors: vectors.tried,
      texts,
      requests,
      answers_by_status: socket.byStatus,
      server_errors: socket.serverErrors,
      ...(examples.length > 0 && { examples: examples.slice(0, 10) }),
    },
  }
}
