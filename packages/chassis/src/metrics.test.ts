import t from 'tap'
import { Metrics } from './metrics.ts'

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
