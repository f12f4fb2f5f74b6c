import { loadCoreProto } from '@fingerpost/contract/core-proto'
import { targetToWire } from '@fingerpost/contract/core-request-mapping'
import { lookupToWire } from '@fingerpost/contract/core-response-mapping'
import { benchLink, type LinkSet } from './links.ts'

/** Tells how many octets the lookup of a link takes on the wire, without the framing. */
export function lookupSizes(set: LinkSet): { readonly request: number; readonly answer: number } {
  const { LookupLink } = loadCoreProto().service
  const { id, hostname, slug, destination } = benchLink(0, set)
  const answer = lookupToWire({
    sequence: 0,
    lineage: 'bench',
    domain: {
      id: 'dom_0',
      workspaceId: 'ws_bench',
      hostname,
      status: 'active',
      rootUrl: undefined,
      notFoundUrl: undefined,
      redirectsTo: undefined,
      honoursPrivacySignals: true,
      version: 1,
    },
    link: {
      id,
      slug,
      destination,
      redirectStatus: 302,
      expiresAt: undefined,
      isDisabled: false,
      version: 1,
    },
  })
  return {
    request: LookupLink.requestSerialize(targetToWire({ hostname, slug })).length,
    answer: LookupLink.responseSerialize(answer).length,
  }
}
