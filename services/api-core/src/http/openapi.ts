import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { CLICK_POINT, CLICK_TOTALS, CLICKS } from '../clicks/click-schema.ts'
import { DIAGNOSIS, FINDING } from '../domains/diagnosis-schema.ts'
import {
  ANSWER,
  CAA,
  CERTIFICATE,
  DOMAIN,
  DOMAIN_CREATE,
  DOMAIN_EVENT,
} from '../domains/domain-schema.ts'
import {
  DOMAIN_EVENT_PAGE,
  DOMAIN_PAGE,
  DOMAIN_REASON,
  DOMAIN_RECORD,
  DOMAIN_UPDATE,
  PROBE,
  STAGE,
} from '../domains/domain-schema.ts'
import {
  GROUP,
  GROUP_CREATE,
  GROUP_MEMBER,
  GROUP_MEMBER_ADD,
  GROUP_PAGE,
  GROUP_UPDATE,
} from '../groups/group-schema.ts'
import { LINK, LINK_CREATE, LINK_PAGE, LINK_UPDATE } from '../links/link-schema.ts'
import { NOTICE, NOTICE_DELIVERY, NOTICE_PAGE } from '../notices/notice-schema.ts'
import { RECIPIENT, RECIPIENT_CREATE, RECIPIENT_PAGE } from '../notices/webhook-schema.ts'
import {
  WEBHOOK,
  WEBHOOK_CREATE,
  WEBHOOK_PAGE,
  WEBHOOK_UPDATE,
  WEBHOOK_WITH_SECRET,
} from '../notices/webhook-schema.ts'
import { TOKEN, TOKEN_CREATE, TOKEN_CREATED, TOKEN_PAGE } from '../tokens/token-schema.ts'
import { WORKSPACE, WORKSPACE_CREATE, WORKSPACE_PAGE } from '../workspaces/workspace-schema.ts'
import type { ApiInstance } from './route.ts'
import { NO_BODY, PROBLEM, type NamedSchema } from './schema.ts'

const COMPONENTS: readonly NamedSchema[] = [
  PROBLEM,
  WORKSPACE,
  WORKSPACE_CREATE,
  WORKSPACE_PAGE,
  TOKEN,
  TOKEN_CREATE,
  TOKEN_CREATED,
  TOKEN_PAGE,
  DOMAIN_RECORD,
  DOMAIN_REASON,
  CERTIFICATE,
  PROBE,
  CAA,
  ANSWER,
  STAGE,
  DOMAIN,
  DOMAIN_CREATE,
  DOMAIN_UPDATE,
  DOMAIN_PAGE,
  DOMAIN_EVENT,
  DOMAIN_EVENT_PAGE,
  FINDING,
  DIAGNOSIS,
  GROUP_MEMBER,
  GROUP,
  GROUP_CREATE,
  GROUP_UPDATE,
  GROUP_MEMBER_ADD,
  GROUP_PAGE,
  LINK,
  LINK_CREATE,
  LINK_UPDATE,
  LINK_PAGE,
  CLICK_TOTALS,
  CLICK_POINT,
  CLICKS,
  WEBHOOK,
  WEBHOOK_WITH_SECRET,
  WEBHOOK_CREATE,
  WEBHOOK_UPDATE,
  WEBHOOK_PAGE,
  RECIPIENT,
  RECIPIENT_CREATE,
  RECIPIENT_PAGE,
  NOTICE_DELIVERY,
  NOTICE,
  NOTICE_PAGE,
]

const DESCRIPTION =
  'Workspaces bring their own hostnames as domains, and make links on them. Send ' +
  '`Authorization: Bearer <token>` with every call under `/v1`. Errors are problem documents ' +
  '(RFC 9457); instants are RFC 3339 in UTC; lists are paged by `cursor` and `next_cursor`.'

// In place of the plugin's own.
const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="150" height="40"><text y="28" fill="#fff" ' +
  'font-family="sans-serif" font-size="24" font-weight="700">Fingerpost</text></svg>'

/**
 * Adds the OpenAPI document, its components and the pages that show it; all of
 * it works without any other server. Comes before the routes.
 */
export async function documentApi(app: ApiInstance): Promise<void> {
  for (const schema of COMPONENTS) app.addSchema(schema)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Fingerpost', version: '1', description: DESCRIPTION },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      },
      security: [{ token: [] }],
    },
    // Why left out: the plugin says of every body that it is required.
    transform: ({ schema, url }) => {
      const { body, ...others } = schema
      return { schema: body === NO_BODY ? others : schema, url }
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `def-${index}`,
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // Why: by default it asks a public server whether the document is valid.
    uiConfig: { validatorUrl: null, persistAuthorization: false },
    staticCSP: true,
    logo: { type: 'image/svg+xml', content: LOGO },
    theme: { title: 'Fingerpost API' },
  })
}
