import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger } from 'pino'

/** How much is logged, from least to most. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

/** One of `LOG_LEVELS`. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * Makes a service's logger: one JSON object a line, on standard output unless
 * told otherwise. Fields that can carry a secret are replaced.
 */
export function createLogger(
  service: string,
  level: LogLevel,
  destination?: DestinationStream,
): Logger {
  const options = {
    level,
    base: { service },
    messageKey: 'message',
    errorKey: 'error',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: [...REDACTED], censor: '[redacted]' },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

const REDACTED = ['authorization', 'token', 'secret', 'password'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
])
