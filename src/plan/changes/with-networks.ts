import type { Draft } from './draft.ts'
import type { ServicePair } from './services.ts'

/** Changes with those of networks: where one follows from another port or key of its service, it is a part of that change. */
export function withNetworks(drafts: readonly Draft[], networks: readonly Draft[], services: readonly ServicePair[]): Draft[] {
  const all = [...drafts]
  const owners = new Map(
    services.flatMap(({ key, after }) => (after ? networksOf(after.key).map((network) => [network, key] as const) : [])),
  )
  const causes = new Map(all.flatMap(({ target }, index) => (/^[^/]+\/(?:port|renamed)$/.test(target) ? [[target, index] as const] : [])))
  for (const network of networks) {
    const owner = owners.get(network.target)
    const index = causes.get(`${owner}/renamed`) ?? causes.get(`${owner}/port`) ?? -1
    const cause = all[index]
    if (!cause) all.push(network)
    else
      all[index] = {
        ...cause,
        effect: 'recreate',
        on: [...new Set([...(cause.on ?? []), ...(network.on ?? [])])],
        ...advised(cause, network),
      }
  }
  return all
}

const networksOf = (key: string): string[] => [`network/${key}-application`, `network/${key}-database`]

/** Both pieces of advice; two networks of one service give the same. A service with another key stops anyway. */
function advised({ kind, advice }: Draft, { advice: more }: Draft): Pick<Draft, 'advice'> {
  if (!more || kind === 'renamed' || advice?.includes(more)) return {}
  return { advice: [advice, more].filter(Boolean).join('; ') }
}
