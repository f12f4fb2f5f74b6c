import { Type } from 'typebox'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { closed, INSTANT, named, nullable, ref, word } from '../http/schema.ts'
import { FINDING_AREAS, FINDING_IDS, FINDING_LEVELS } from '../rules/diagnosis/finding.ts'
import { ANSWER } from './domain-schema.ts'

const LEVEL = {
  ...word(FINDING_LEVELS),
  description:
    '`ok`: as it has to be; `info`: under way; `problem`: to be put right; `unknown`: it could ' +
    'not be told, which is held against nobody.',
}

/** One thing that a diagnosis says. */
export const FINDING = named(
  'Finding',
  closed({
    id: word(FINDING_IDS),
    area: {
      ...word(FINDING_AREAS),
      description: '`operator`: only the operator of the server can change it.',
    },
    level: LEVEL,
    title: Type.String(),
    detail: Type.String(),
    fix: { ...nullable(Type.String()), description: 'What to do; null: nothing.' },
  }),
)

/** The report about a domain. */
export const DIAGNOSIS = named(
  'Diagnosis',
  closed({
    hostname: Type.String(),
    status: word(DOMAIN_STATUS_NAMES),
    status_since: INSTANT,
    verdict: closed({
      level: LEVEL,
      message: Type.String({ description: 'One sentence: how it stands, what to put right.' }),
    }),
    findings: Type.Array(ref(FINDING), {
      description: 'In the order in which they depend on each other.',
    }),
    answers: Type.Array(ref(ANSWER), { description: 'The raw answers of the last check.' }),
    checked_at: { ...nullable(INSTANT), description: 'When DNS was last looked at.' },
    next_check_at: nullable(INSTANT),
    grace_ends_at: nullable(INSTANT),
    next_attempt_at: {
      ...nullable(INSTANT),
      description: 'When the next attempt to get a certificate can be made.',
    },
  }),
)
