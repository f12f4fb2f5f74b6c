import { writeFile } from 'node:fs/promises'
import { openapiText, OPENAPI_PATH } from './openapi-text.ts'

await writeFile(OPENAPI_PATH, await openapiText())
