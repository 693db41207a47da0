import type { NetworkPlan, ServiceAddresses, Subnet } from './types.ts'

// The lower half of the base holds two /28 networks per service, the upper half the edge network that all share.
const subnetSize = 16
const slotSize = 2 * subnetSize

/** Applications take addresses from the upper half of their /28 (the lower one has fixed ones), whose last is for broadcasts. */
export const applicationAddresses = subnetSize / 2 - 1

const addressesUnder = (base: string): number => 256 ** (4 - base.split('.').length)

/**
 * The plan for a base of one or two octets. `ends` is how many servers and poolers publish a port, so how many addresses the edge
 * network needs.
 */
export function planNetwork(base: string, ends: number): NetworkPlan {
  const half = addressesUnder(base) / 2
  // The network's own address, the gateway, one that nobody has, and that for broadcasts.
  const needed = ends + 4
  const bits = Math.max(4, Math.ceil(Math.log2(needed)))
  return { base, slots: half / slotSize, edge: { offset: half, prefix: 32 - bits } }
}

/** The last address of a network before that for broadcasts: where it is kept free, nobody has it. */
export const nobody = ({ offset, prefix }: Subnet): number => offset + 2 ** (32 - prefix) - 2

/** Where a service's networks lie: its port says it, so that services which come or go elsewhere move nothing. */
export function addressesOf(port: number, plan: NetworkPlan): ServiceAddresses {
  const slot = port % plan.slots
  const database: Subnet = { offset: slot * slotSize, prefix: 28 }
  const application: Subnet = { offset: slot * slotSize + subnetSize, prefix: 28 }
  return {
    slot,
    database,
    application,
    server: database.offset + 2,
    pooler: database.offset + 3,
    ops: database.offset + 4,
    poolerForApplications: application.offset + 2,
  }
}

/** Dotted address of an offset under a base: `addressOf('10.77', 258)` is `10.77.1.2`. */
export function addressOf(base: string, offset: number): string {
  const octets: number[] = []
  for (let left = 4 - base.split('.').length, rest = offset; left > 0; left--, rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [base, ...octets].join('.')
}
