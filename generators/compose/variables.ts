import { addressOf } from '../../src/fleet/network.ts'
import type { Fleet, Subnet } from '../../src/fleet/types.ts'

// What a second copy of the fleet on the same machine changes, as variables of Compose with the fleet's own values as defaults.

/** A reference to a variable: https://docs.docker.com/reference/compose-file/interpolation/ */
export const variable = (name: string, otherwise: string): string => `\${${name}:-${otherwise}}`

/** First part of all names: of the project (so of networks and volumes), containers and images. */
export const prefix = (fleet: Fleet): string => variable('PGFLEET_PREFIX', fleet.name)

/** Address of the host on which ports are published. */
export const bindAddress = variable('PGFLEET_BIND', '127.0.0.1')

/** First octets of all addresses. Another base has as many octets. */
export const subnetBase = (fleet: Fleet): string => variable('PGFLEET_SUBNET_BASE', fleet.network.base)

/** Folder that `pgfleet secrets init` makes; a relative path counts from the compose file. */
export const secretsFolder = variable('PGFLEET_SECRETS', '../secrets')

/** An address whose first octets the variable can replace. */
export function address(fleet: Fleet, offset: number): string {
  const { base } = fleet.network
  return subnetBase(fleet) + addressOf(base, offset).slice(base.length)
}

export const subnet = (fleet: Fleet, { offset, prefix }: Subnet): string => `${address(fleet, offset)}/${prefix}`
