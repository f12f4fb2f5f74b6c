'use strict'
const { spawn } = require('node:child_process')

/**
 * @typedef {object} CommandResult
 * @property {boolean} isOk it ran to its end and said that it succeeded
 * @property {string} output what it printed on both streams, at most the last 64 KiB
 */

const OUTPUT_CHARS_MAX = 65_536

/**
 * Runs a program to its end and keeps what it prints.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env
 * @param {string} options.cwd
 * @param {AbortSignal} [options.signal]
 * @param {boolean} [options.detached]
 * @returns {Promise<CommandResult>} never rejects; a program that cannot start is not ok, nor one
 *   that was stopped by the signal
 */
function runCommand(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    /** @param {Buffer} chunk */
    const keep = (chunk) => {
      output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    // Why both: a program that could not be started emits `error` and no `close`.
    child.once('error', (error) => {
      const isStopped = options.signal?.aborted === true
      resolve({ isOk: false, output: isStopped ? '' : `${output}${error.message}` })
    })
    child.once('close', (code) => resolve({ isOk: code === 0, output }))
  })
}

/**
 * Shows a step that takes time as one line: what happens, and how long it took.
 *
 * @param {string} title
 * @param {() => Promise<CommandResult>} work
 */
async function showStep(title, work) {
  const startedAt = Date.now()
  process.stderr.write(`Set-up: ${title} ... `)
  const result = await work()
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  process.stderr.write(`${result.isOk ? 'done' : 'failed'} after ${seconds} s\n`)
  return result
}

/** @param {string} sentence */
function tell(sentence) {
  process.stderr.write(`Set-up: ${sentence}\n`)
}

/**
 * Shows the end of a failed program's output, where the cause usually stands.
 *
 * @param {string} command
 * @param {CommandResult} result
 */
function tellFailure(command, result) {
  if (result.isOk || result.output.trim() === '') return
  const lines = result.output.trimEnd().split('\n').slice(-15)
  tell(`${command} said:\n${lines.map((line) => `    ${line}`).join('\n')}`)
}

module.exports = { runCommand, showStep, tell, tellFailure }
