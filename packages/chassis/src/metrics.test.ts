import t from 'tap'
import { lastingMetricsOf, mergeSnapshots, Metrics, scrapeOf } from './metrics.ts'

t.test('each kind of metric is scraped under the prefix', async (t) => {
  const metrics = new Metrics()
  metrics.counter('hits_total', 'Hits.', ['tier']).inc({ tier: 'l1' })
  metrics.gauge('entries', 'Entries.', []).set(3)
  metrics
    .histogram('duration_seconds', 'Time.', ['outcome'], [0.1, 1])
    .observe({ outcome: 'ok' }, 0.5)
  const { contentType, text } = await metrics.scrape()
  t.match(contentType, /^text\/plain/)
  t.match(text, /^fingerpost_hits_total\{tier="l1"\} 1$/m)
  t.match(text, /^fingerpost_entries 3$/m)
  t.match(text, /^fingerpost_duration_seconds_bucket\{le="0\.1",outcome="ok"\} 0$/m)
  t.match(text, /^fingerpost_duration_seconds_bucket\{le="1",outcome="ok"\} 1$/m)
})

t.test('a gauge can be set on each scrape', async (t) => {
  const metrics = new Metrics()
  let value = 1
  metrics.gauge('age_seconds', 'Age.', [], (gauge) => gauge.set(value))
  t.match((await metrics.scrape()).text, /^fingerpost_age_seconds 1$/m)
  value = 2
  t.match((await metrics.scrape()).text, /^fingerpost_age_seconds 2$/m)
})

t.test('two sets of metrics in one process do not know each other', async (t) => {
  const [one, other] = [new Metrics(), new Metrics()]
  one.counter('hits_total', 'Hits.', []).inc()
  other.counter('hits_total', 'Hits.', [])
  t.match((await other.scrape()).text, /^fingerpost_hits_total 0$/m)
})

t.test('the process tells of its memory and its event loop', async (t) => {
  const metrics = new Metrics()
  metrics.collectProcessMetrics()
  const { text } = await metrics.scrape()
  t.match(text, /^fingerpost_process_resident_memory_bytes \d+$/m)
  t.match(text, /^fingerpost_nodejs_eventloop_lag_seconds /m)
})

const BOUNDS = [0.001, 0.01, 0.1, 1]
const VALUES = [0, 0.0005, 0.001, 0.0010001, 0.05, 0.1, 1, 1.5, 1000]

t.test('a counted histogram is scraped like any other', async (t) => {
  const [plain, counted] = [new Metrics(), new Metrics()]
  const histogram = plain.histogram('duration_seconds', 'Time.', ['tier', 'outcome'], BOUNDS)
  const same = counted.countedHistogram<'tier' | 'outcome'>('duration_seconds', 'Time.', BOUNDS)
  const one = same.addSeries({ tier: 'l1', outcome: 'found' })
  same.addSeries({ tier: 'l2', outcome: 'never seen' })
  const other = same.addSeries({ tier: 'core', outcome: 'a "quoted" one' })
  for (const value of VALUES) {
    histogram.observe({ tier: 'l1', outcome: 'found' }, value)
    one.observe(value)
  }
  histogram.observe({ tier: 'core', outcome: 'a "quoted" one' }, 0.3)
  other.observe(0.3)
  t.equal((await counted.scrape()).text, (await plain.scrape()).text)
})

t.test('a counted total is read on each scrape', async (t) => {
  const metrics = new Metrics()
  let hits = 5
  metrics.countedTotal('hits_total', 'Hits.', () => hits)
  t.match((await metrics.scrape()).text, /^# TYPE fingerpost_hits_total counter\n.* 5$/m)
  hits = 7
  t.match((await metrics.scrape()).text, /^fingerpost_hits_total 7$/m)
})

t.test('counted totals are read by label on each scrape', async (t) => {
  const metrics = new Metrics()
  const drops = new Map([['full', 1]])
  metrics.countedTotals('drops_total', 'Drops.', 'reason', () => drops)
  t.match((await metrics.scrape()).text, /^fingerpost_drops_total\{reason="full"\} 1$/m)
  drops.set('full', 3)
  t.match((await metrics.scrape()).text, /^fingerpost_drops_total\{reason="full"\} 3$/m)
})

/** The metrics of one of several processes, as they arrive from it. */
async function snapshotOf(worker: string, value: number) {
  const metrics = new Metrics()
  metrics.collectProcessMetrics({ worker })
  metrics.counter('hits_total', 'Hits.', ['tier']).inc({ tier: 'l1' }, value)
  metrics
    .countedHistogram<'tier'>('duration_seconds', 'Time.', BOUNDS)
    .addSeries({ tier: 'l1' })
    .observe(value)
  metrics.gauge('entries', 'Entries.', [], (gauge) => gauge.set(value))
  metrics.gauge('connected', 'All are.', [], (gauge) => gauge.set(value), 'min')
  metrics.gauge('lag_seconds', 'Worst.', [], (gauge) => gauge.set(value), 'max')
  return structuredClone(await metrics.snapshot())
}

t.test('the metrics of several processes become one scrape', async (t) => {
  const { text } = await scrapeOf([await snapshotOf('1', 0.5), await snapshotOf('2', 0.25)])
  t.match(text, /^fingerpost_hits_total\{tier="l1"\} 0\.75$/m)
  t.match(text, /^fingerpost_duration_seconds_bucket\{le="0\.1",tier="l1"\} 0$/m)
  t.match(text, /^fingerpost_duration_seconds_bucket\{le="\+Inf",tier="l1"\} 2$/m)
  t.match(text, /^fingerpost_duration_seconds_sum\{tier="l1"\} 0\.75$/m)
  t.match(text, /^fingerpost_entries 0\.75$/m)
  t.match(text, /^fingerpost_connected 0\.25$/m)
  t.match(text, /^fingerpost_lag_seconds 0\.5$/m)
  for (const worker of ['1', '2']) {
    t.match(text, new RegExp(`^fingerpost_process_start_time_seconds{worker="${worker}"} \\d`, 'm'))
    t.match(text, new RegExp(`^fingerpost_process_resident_memory_bytes{worker="${worker}"}`, 'm'))
  }
  t.notMatch(
    text,
    /^fingerpost_(process|nodejs)_\w+ /m,
    'no value of a process is added to another',
  )
  t.notMatch(text, /^fingerpost_(process|nodejs)_\w+\{(?![^}]*worker=)/m)
})

t.test('what a process has counted outlives it, what it was does not', async (t) => {
  const ended = [await snapshotOf('1', 0.5), await snapshotOf('2', 0.25)].map(lastingMetricsOf)
  const { text } = await scrapeOf([mergeSnapshots(ended), await snapshotOf('1', 1)])
  t.match(text, /^fingerpost_hits_total\{tier="l1"\} 1\.75$/m)
  t.match(text, /^fingerpost_duration_seconds_count\{tier="l1"\} 3$/m)
  t.match(text, /^fingerpost_entries 1$/m)
  t.match(text, /^fingerpost_connected 1$/m)
  t.notMatch(text, /worker="2"/)
})
