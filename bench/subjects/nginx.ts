import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import type { Program } from '../../test/support/program.ts'
import { plainLink, type LinkSet } from '../harness/links.ts'
import { startPinned } from '../harness/processes.ts'

/** A server under test. */
export type SubjectServer = AsyncDisposable & {
  readonly program: Program
  readonly port: number
}

/** Starts nginx with one worker and a `map` of all links, in the foreground. */
export async function startNginx(options: {
  readonly set: LinkSet
  readonly cacheControl: string
  readonly directory: string
  readonly core: number
}): Promise<SubjectServer> {
  const port = await freePort()
  const folder = join(options.directory, `nginx-${port}`)
  await mkdir(folder)
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration({ ...options, folder, port }))
  const program = await startPinned(
    {
      name: 'nginx',
      command: 'nginx',
      args: ['-p', folder, '-c', file, '-e', join(folder, 'error.log')],
      core: options.core,
    },
    { port },
  )
  return { program, port, [Symbol.asyncDispose]: async () => void (await program.stop()) }
}

function configuration(options: {
  readonly set: LinkSet
  readonly cacheControl: string
  readonly folder: string
  readonly port: number
}): string {
  const { set, cacheControl, folder, port } = options
  const lines: string[] = []
  for (let index = 0; index < set.links; index += 1) {
    const { hostname, path, destination } = plainLink(index, set)
    lines.push(`    "${hostname}${path}" "${destination}";`)
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 75s;
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n')}
  map_hash_max_size 1048576;
  map_hash_bucket_size 256;
  map $host$uri $destination {
    default "";
${lines.join('\n')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      if ($destination = "") { return 404; }
      add_header Cache-Control "${cacheControl}";
      return 302 $destination;
    }
  }
}
`
}
