import { canonicalHostname, parseHostname } from '@fingerpost/model/hostname'
import { parseSlug, slugFromRequestTarget } from '@fingerpost/model/slug'
import {
  HOST_HEADERS,
  HOSTNAMES_ACCEPTED,
  HOSTNAMES_REFUSED,
  PUBLIC_TARGET,
  REQUEST_TARGETS,
  SLUGS_ACCEPTED,
  SLUGS_REFUSED,
  WELL_KNOWN_TARGETS,
} from '../../../packages/model/test/vectors.ts'
import { Mismatches } from './mismatches.ts'

/** Tries every vector of hostnames, slugs and request targets. */
export function tryVectors(): Mismatches {
  const tried = new Mismatches()
  const expect = (input: string, found: string | undefined, wanted: string | undefined): void =>
    tried.note(input, found === wanted ? undefined : `gave ${found}, not ${wanted}`)
  for (const [text, hostname] of HOSTNAMES_ACCEPTED) expect(text, hostnameIn(text), hostname)
  for (const [text, problem] of HOSTNAMES_REFUSED) expect(text, hostnameIn(text), problem)
  for (const [header, name] of HOST_HEADERS) expect(header, canonicalHostname(header), name)
  for (const [text, slug] of SLUGS_ACCEPTED) expect(text, slugIn(text), slug)
  for (const [text, problem] of SLUGS_REFUSED) expect(text, slugIn(text), problem)
  for (const [target, slug] of REQUEST_TARGETS) expect(target, slugFromRequestTarget(target), slug)
  for (const target of WELL_KNOWN_TARGETS) expect(target, slugFromRequestTarget(target), undefined)
  return tried
}

function hostnameIn(text: string): string {
  const parsed = parseHostname(text, PUBLIC_TARGET)
  return parsed.ok ? parsed.hostname : parsed.problem
}

function slugIn(text: string): string {
  const parsed = parseSlug(text)
  return parsed.ok ? parsed.slug : parsed.problem
}
