// Where a container keeps and reaches things: its mounts, networks and published ports, as declared and as found.
import type { ConfiguredContainer, ConfiguredProject, InspectedContainer } from './project-facts.ts'

type Facts = ReadonlyMap<string, string>

/** By the path in the container. */
export const configuredMounts = ({ volumes = [], tmpfs = [] }: ConfiguredContainer, { volumes: named = {} }: ConfiguredProject): Facts =>
  new Map([
    ...volumes.map(({ type, source = '', target, read_only: readOnly = false }): [string, string] => [
      `mount ${target}`,
      mountText(type, type === 'volume' ? (named[source]?.name ?? source) : source, !readOnly),
    ]),
    ...tmpfs.map((text): [string, string] => {
      const [path = '', options = ''] = text.split(/:(.*)/s)
      return [`mount ${path}`, `tmpfs ${options}`]
    }),
  ])

export const actualMounts = ({ Mounts, HostConfig: { Tmpfs = {} } }: InspectedContainer): Facts =>
  new Map([
    ...Mounts.map(({ Type, Name, Source, Destination, RW }): [string, string] => [
      `mount ${Destination}`,
      mountText(Type, Type === 'volume' ? (Name ?? '') : Source, RW),
    ]),
    ...Object.entries(Tmpfs).map(([path, options]): [string, string] => [`mount ${path}`, `tmpfs ${options}`]),
  ])

const mountText = (type: string, source: string, writable: boolean): string => `${type} ${source} (${writable ? 'writable' : 'read-only'})`

/** By the name of the network; an address only where one is fixed. */
export const configuredNetworks = ({ networks = {} }: ConfiguredContainer, project: ConfiguredProject): Facts =>
  new Map(
    Object.entries(networks).map(([key, own]) => [`network ${project.networks[key]?.name ?? key}`, own?.ipv4_address ?? 'any address']),
  )

export const actualNetworks = ({ NetworkSettings: { Networks } }: InspectedContainer): Facts =>
  new Map(Object.entries(Networks).map(([name, { IPAMConfig }]) => [`network ${name}`, IPAMConfig?.IPv4Address ?? 'any address']))

/** By address and port of the host. */
export const configuredPorts = ({ ports = [] }: ConfiguredContainer): Facts =>
  new Map(
    ports.map(({ host_ip: address = '0.0.0.0', published = '', target, protocol = 'tcp' }) => [
      `published ${address}:${published}`,
      `${target}/${protocol}`,
    ]),
  )

export const actualPorts = ({ NetworkSettings: { Ports } }: InspectedContainer): Facts =>
  new Map(
    Object.entries(Ports).flatMap(([port, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => [`published ${HostIp}:${HostPort}`, port]),
    ),
  )
