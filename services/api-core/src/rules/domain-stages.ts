import { addRecords } from './stages/add-records.ts'
import { getCertificate } from './stages/get-certificate.ts'
import { proveOwnership } from './stages/prove-ownership.ts'
import { seeRouting } from './stages/see-routing.ts'
import { serve } from './stages/serve.ts'
import { STAGE_IDS, type Stage, type StagedDomain, type StageId } from './stages/stage.ts'
import { NOTHING } from './stages/words.ts'

/**
 * Tells the stages of a domain, in order. Every stage has all its texts, always.
 *
 * At most one stage is `current`, and unless all are done, one is `current` or
 * `failed`: the reader always finds the one to look at.
 */
export function domainStages(domain: StagedDomain): readonly Stage[] {
  if (domain.reason.code === 'local_name') return localStages(domain)
  return withOneCurrent([
    { id: 'add_records', ...addRecords(domain) },
    { id: 'prove_ownership', ...proveOwnership(domain) },
    { id: 'see_routing', ...seeRouting(domain) },
    { id: 'get_certificate', ...getCertificate(domain) },
    { id: 'serve', ...serve(domain) },
  ])
}

function withOneCurrent(stages: readonly Stage[]): readonly Stage[] {
  const current = stages.find((stage) => stage.state === 'current')
  const isTold = current !== undefined || stages.some((stage) => stage.state === 'failed')
  const chosen = isTold ? current : stages.find((stage) => stage.state === 'waiting')
  return stages.map((stage) => {
    if (stage === chosen) return { ...stage, state: 'current' }
    return stage.state === 'current' ? { ...stage, state: 'waiting' } : stage
  })
}

const LOCAL_WORDS: Readonly<Record<StageId, string>> = {
  add_records: 'so no DNS record is needed.',
  prove_ownership: 'so nothing has to be proved.',
  see_routing: 'so nothing has to lead here.',
  get_certificate: 'so no public CA issues a certificate for it; this server makes one by itself.',
  serve: 'and its links are served.',
}

function localStages({ hostname }: StagedDomain): readonly Stage[] {
  return STAGE_IDS.map((id) => ({
    id,
    state: 'done',
    happening: `"${hostname}" always means the machine that asks, ${LOCAL_WORDS[id]}`,
    you: NOTHING,
    next: `Open http://${hostname}/ on this machine, with the port of this server.`,
  }))
}
