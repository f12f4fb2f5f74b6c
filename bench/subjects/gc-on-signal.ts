// Loaded into the real edge before its main, which runs with --expose-gc: on SIGUSR2 collects all
// garbage and prints, as a line of JSON, what is left on the heap and outside of it.
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  process.stdout.write(`${JSON.stringify({ memory: { heapUsed, external, arrayBuffers } })}\n`)
})
