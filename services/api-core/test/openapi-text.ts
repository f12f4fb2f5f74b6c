import { openInstallation } from './installation.ts'

/** The committed OpenAPI document. */
export const OPENAPI_PATH = new URL('../../../docs/openapi.json', import.meta.url)

/** Gives the OpenAPI document as api-core serves it, laid out for a reader. */
export async function openapiText(): Promise<string> {
  await using installation = await openInstallation('sqlite::memory:')
  const { body } = await installation.call({ path: '/openapi.json', token: '' })
  return `${JSON.stringify(body, null, 2)}\n`
}
