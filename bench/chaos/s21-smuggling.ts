import type { Row } from './harness/row.ts'

/** Stub. */
export const S21: Row = {
  name: 'S21',
  title: 'not there yet',
  goal: '',
  run: async () => ({ kind: 'skipped', reason: 'not there yet' }),
}
