// What a rotation keeps in the secrets folder until it is over. What is found there later was left by one that was cut short.

/** A file as it was before the rotation. */
export const previous = (file: string): string => `${file}.previous`

/** New passwords and verifiers of a service, until its server has them. */
export const stagingFolder = '.next'
export const stagedFolder = (service: string): string => `${stagingFolder}/${service}`
export const stagedPassword = (service: string, role: string): string => `${stagedFolder(service)}/passwords/${role}`
export const stagedVerifier = (service: string, role: string): string => `${stagedFolder(service)}/verifiers/${role}`
