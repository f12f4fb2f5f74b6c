import type { Histogram } from '@fingerpost/chassis/metrics'
import type { CoreApi } from '@fingerpost/contract/core-api'

/** Makes a core whose single calls are timed; streams last as long as they last. */
export function measured(core: CoreApi, seconds: Histogram<'call' | 'outcome'>): CoreApi {
  const timed = async <Result>(call: keyof CoreApi, work: Promise<Result>): Promise<Result> => {
    const stop = seconds.startTimer({ call })
    try {
      const result = await work
      stop({ outcome: 'ok' })
      return result
    } catch (error) {
      stop({ outcome: 'failed' })
      throw error
    }
  }
  return {
    lookupLink: (target) => timed('lookupLink', core.lookupLink(target)),
    watchChanges: (from, signal) => core.watchChanges(from, signal),
    acknowledgeChanges: (said) => timed('acknowledgeChanges', core.acknowledgeChanges(said)),
    recordClicks: (batch) => timed('recordClicks', core.recordClicks(batch)),
    listHostnames: (signal) => core.listHostnames(signal),
    claimDueDomains: (request) => timed('claimDueDomains', core.claimDueDomains(request)),
    recordCheck: (check) => timed('recordCheck', core.recordCheck(check)),
    recordCertificate: (record) => timed('recordCertificate', core.recordCertificate(record)),
    claimDeliveries: (request) => timed('claimDeliveries', core.claimDeliveries(request)),
    recordDelivery: (record) => timed('recordDelivery', core.recordDelivery(record)),
    describeHostname: (hostname) => timed('describeHostname', core.describeHostname(hostname)),
  }
}
