// Looks a secrets folder over: what in it does not fit together, is open to others, or belongs to nobody.
import { passwordRoles } from '../../fleet/roles.ts'
import { authorityCertificate, authorityKey, passwordFile, verifierFile } from '../../fleet/secret-paths.ts'
import type { Fleet, Service } from '../../fleet/types.ts'
import { type CertificateState, readCertificates } from './certificates.ts'
import { accessFindings, listSecrets, type SecretFinding, unusedEntries } from './listing.ts'
import { fits, readPassword } from './passwords.ts'
import { previous, stagedFolder, stagedPassword, stagedVerifier } from './rotation-files.ts'
import type { SecretsFolder } from './secrets-folder.ts'
import { authorityCopies, pairsOf, wantedFiles } from './wanted.ts'

type CheckedFolder = { readonly findings: readonly SecretFinding[]; readonly unused: readonly string[] }

/** Reads everything and changes nothing. `shown` makes of a path in the folder what can stand in a shell command. */
export async function checkFolder(
  secrets: SecretsFolder,
  fleet: Fleet,
  now: Date,
  shown: (path: string) => string,
): Promise<CheckedFolder> {
  const entries = await listSecrets(secrets.path)
  const paths = new Set(entries.map(({ path }) => path))
  const certificates = await readCertificates(secrets.path, fleet)
  const findings = [
    ...accessFindings(entries, shown),
    ...certificates.flatMap((state) => certificateFindings(state, now)),
    ...(await copyFindings(secrets, fleet, shown)),
    ...(await Promise.all(fleet.services.map((service) => passwordFindings(secrets, service)))).flat(),
    ...fleet.services.flatMap((service) => rotationFindings(service, paths)),
  ]
  return { findings, unused: unusedEntries(entries, [...wantedFiles(fleet), ...fleet.services.flatMap(rotationFiles)]) }
}

function certificateFindings({ of, service, path, keyMatches, notAfter, problem }: CertificateState, now: Date): SecretFinding[] {
  if (of === 'authority') {
    if (notAfter === undefined) return [{ path, problem: String(problem), help: `put back the ${path} that pgfleet made` }]
    if (notAfter < now) return [{ path, problem: expired(notAfter), help: 'move the secrets away and make new ones' }]
    // Its key is needed for new certificates only, and may be kept elsewhere.
    if (keyMatches || problem === 'its key is missing') return []
    return [{ path, problem: `${authorityKey} is not its key`, help: `put back the ${authorityKey} that belongs to it` }]
  }
  const found = problem ?? (notAfter !== undefined && notAfter < now ? expired(notAfter) : undefined)
  return found === undefined ? [] : [{ path, problem: found, help: `pgfleet secrets rotate --certificates ${service}` }]
}

const expired = (notAfter: Date) => `it ended on ${notAfter.toISOString().slice(0, 10)}`

async function copyFindings(secrets: SecretsFolder, fleet: Fleet, shown: (path: string) => string): Promise<SecretFinding[]> {
  const authority = await secrets.read(authorityCertificate)
  const copies = await Promise.all(authorityCopies(fleet).map(async (path) => ({ path, text: await secrets.read(path) })))
  return copies
    .filter(({ text }) => text !== authority)
    .map(({ path }) => ({
      path,
      problem: `it is not what ${authorityCertificate} is`,
      help: `cp ${shown(authorityCertificate)} ${shown(path)}`,
    }))
}

async function passwordFindings(secrets: SecretsFolder, service: Service): Promise<SecretFinding[]> {
  const help = `pgfleet secrets rotate --passwords ${service.key}`
  const found = passwordRoles(service).map(async ({ name }): Promise<SecretFinding[]> => {
    const [path, verifier] = [passwordFile(service.key, name), verifierFile(service.key, name)]
    const password = readPassword((await secrets.read(path)) ?? '')
    if (password === undefined) return [{ path, problem: 'it must be one line of printable ASCII characters', help }]
    if (await fits((await secrets.read(verifier)) ?? '', password)) return []
    return [{ path: verifier, problem: `it is no verifier of the password in ${path}`, help }]
  })
  return (await Promise.all(found)).flat()
}

const previousFiles = (service: Service) => pairsOf(service).flatMap(({ key, certificate }) => [previous(key), previous(certificate)])

const rotationFiles = (service: Service): string[] => [
  ...previousFiles(service),
  ...passwordRoles(service).flatMap(({ name }) => [stagedPassword(service.key, name), stagedVerifier(service.key, name)]),
]

/** Rotating again completes what was cut short. */
function rotationFindings(service: Service, paths: ReadonlySet<string>): SecretFinding[] {
  const left = (path: string, kind: 'certificates' | 'passwords') => ({
    path,
    problem: `a rotation of ${kind} was cut short`,
    help: `pgfleet secrets rotate --${kind} ${service.key}`,
  })
  return [
    ...previousFiles(service)
      .filter((path) => paths.has(path))
      .map((path) => left(path, 'certificates')),
    ...(paths.has(stagedFolder(service.key)) ? [left(stagedFolder(service.key), 'passwords')] : []),
  ]
}
