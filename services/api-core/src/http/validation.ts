import type { FastifyInstance } from 'fastify'
import type { FastifySchemaValidationError } from 'fastify/types/schema.js'

/** What Ajv is told: no key is dropped and no value is turned into another in silence. */
export const AJV_OPTIONS = {
  customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false },
} as const

/** Reads the one query key that is a number; what is none stays text and is refused. */
export function readNumbersInQuery(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    const query = request.query as Record<string, unknown>
    const { limit } = query
    if (typeof limit === 'string' && /^\d{1,9}$/.test(limit)) query['limit'] = Number(limit)
  })
}

/** Says what is wrong with a request, naming the place. */
export function formatValidationErrors(errors: FastifySchemaValidationError[]): Error {
  return new Error(errors.slice(0, 3).map(describe).join(', and '))
}

function describe({
  keyword,
  instancePath,
  params,
  message,
}: FastifySchemaValidationError): string {
  const place = instancePath === '' ? 'it' : `"${instancePath.slice(1).replaceAll('/', '.')}"`
  switch (keyword) {
    case 'additionalProperties':
      return `${place} has the unknown key ${JSON.stringify(params['additionalProperty'])}`
    case 'required':
      return `${place} lacks the key ${JSON.stringify(params['missingProperty'])}`
    case 'enum':
      return `${place} must be one of ${JSON.stringify(params['allowedValues'])}`
    case 'pattern':
      return `${place} has characters that are not allowed there`
    default:
      return `${place} ${message ?? 'is not as documented'}`
  }
}
