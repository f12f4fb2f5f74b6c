/**
 * Settings that more than one process is given but not every one reads. They
 * are no spelling mistakes anywhere; any other `FINGERPOST_*` name is one.
 */
export const KNOWN_SETTINGS: ReadonlySet<string> = new Set([
  'FINGERPOST_DATA_DIR',
  'FINGERPOST_PUBLIC_TARGET',
  'FINGERPOST_LOG_LEVEL',
  'FINGERPOST_CADDY',
  'FINGERPOST_CADDY_BIND',
  'FINGERPOST_CADDY_ISSUER',
  'FINGERPOST_HTTPS_PORT_SUFFIX',
  'FINGERPOST_HTTP_PORT',
  'FINGERPOST_HTTPS_PORT',
  'FINGERPOST_ACME_DIRECTORY',
  'FINGERPOST_ACME_TRUSTED_ROOTS',
  'FINGERPOST_ACME_EMAIL',
  'FINGERPOST_GRPC_TOKEN',
  'FINGERPOST_GRPC_TOKEN_FILE',
])
