import type { Service } from '../../../fleet/types.ts'
import { acceptsTls, startupAnswer } from '../../../io/protocol-probe.ts'
import type { ComposeProject } from '../../compose/project.ts'
import { judge } from '../../compose/status.ts'
import type { CertificateState } from '../../secrets/certificates.ts'
import { presentedCertificate } from '../../secrets/presented-certificate.ts'
import type { Finding } from '../check.ts'
import type { CheckAbout } from '../check-run.ts'

export const encryption: CheckAbout = {
  id: 'tls',
  title:
    'server and pooler refuse plain text and TLS below 1.3, and show the certificate of the secrets folder, which is good for some time',
  help: '`pgfleet secrets rotate --certificates` makes and installs new ones; `pgfleet apply` reloads the configuration',
}

/** What the probes of a service need. */
export type Ends = {
  readonly project: ComposeProject
  /** PEM text of the authority. */
  readonly ca: string
  readonly certificates: readonly CertificateState[]
  readonly now: Date
}

/** The published ports of a service; an address that means all of them is reached over loopback. */
export function endsOf({ host, port, pool }: Service, { bind }: ComposeProject) {
  const address = bind === '0.0.0.0' ? '127.0.0.1' : bind === '::' ? '::1' : bind
  return [
    { of: 'server', place: { host: address, port }, servername: host },
    { of: 'pooler', place: { host: address, port: pool.port }, servername: pool.host },
  ] as const
}

/** Both ends, as a client meets them. Throws `probe` and `tls` when one cannot be asked. */
export async function checkEncryption(service: Service, { project, ca, certificates, now }: Ends): Promise<Finding[]> {
  const app = service.roles.find(({ kind }) => kind === 'app')!
  const login = { user: app.name, database: service.database }
  const all = await Promise.all(
    endsOf(service, project).map(async ({ of, place, servername }): Promise<Finding[]> => {
      const tls = { servername, ca }
      const [plain, old, shown] = await Promise.all([
        startupAnswer(place, login),
        acceptsTls(place, tls, 'TLSv1.2'),
        presentedCertificate({ ...place, ...tls }).then(
          ({ fingerprint256 }) => fingerprint256,
          (error: Error) => error.message,
        ),
      ])
      const file = certificates.find((each) => each.of === of && each.service === service.key)
      const wanted = file?.fingerprint256 ?? 'a certificate in the secrets folder'
      const warning = file && judge(file, now).warning
      return [
        ...(plain.kind === 'refused' ? [] : [{ what: `${of}: plain text`, expected: 'refused', actual: 'accepted' }]),
        ...(old ? [{ what: `${of}: TLS 1.2`, expected: 'refused', actual: 'accepted' }] : []),
        ...(shown === wanted ? [] : [{ what: `${of}: certificate`, expected: wanted, actual: shown }]),
        ...(warning === undefined ? [] : [{ what: `${of}: certificate ${file!.path}`, expected: 'good for 30 days', actual: warning }]),
      ]
    }),
  )
  return all.flat()
}
